using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

/// <summary>What the SDK measures and traces of itself, for a program that listens to <c>PaymentMonitor.Machine</c>.</summary>
public sealed class MachineTelemetryTests : IAsyncLifetime
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);
    private static readonly OrderId Order = OrderId.Parse("o-1");

    // Other tests' clients are in this process too. What is started from here, and only that, carries this value along.
    private static readonly AsyncLocal<MachineTelemetryTests?> Mine = new();

    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-tests-").FullName;
    private readonly ConcurrentDictionary<string, double> _measured = new();
    private readonly MeterListener _meters = new();
    private FakeBackEnd _backEnd = null!;

    public async ValueTask InitializeAsync()
    {
        _backEnd = await FakeBackEnd.StartAsync();
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == MachineMetrics.Name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Take(instrument, 1, tags));
        _meters.Start();
    }

    public async ValueTask DisposeAsync()
    {
        _meters.Dispose();
        await _backEnd.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_machine_counts_and_times_what_it_does()
    {
        Mine.Value = this;
        using var journal = MachineJournal.Open(new JournalOptions { Folder = Path.Combine(_folder, "journal") });
        await using (var machine = await ConnectAsync(journal, "m-1"))
        {
            var report = await machine.ReportAsync(Order, new OrderEvent.PaymentStarted());
            await report.Receipt.WaitAsync(Guard);
            await using var decisions = machine.ReadDecisionsAsync().GetAsyncEnumerator();
            await _backEnd.SendAsync(Decision(trace: null));
            Assert.True(await decisions.MoveNextAsync().AsTask().WaitAsync(Guard));

            Assert.Equal(1, Measured("paymentmonitor.machine.connected"));
            Assert.Equal(0, Measured("paymentmonitor.machine.pending"));
            Assert.Equal(1, Measured("paymentmonitor.machine.receipts status=accepted"));
            Assert.Equal(1, Measured("paymentmonitor.machine.receipt.duration"));
            Assert.Equal(1, Measured("paymentmonitor.machine.decisions kind=shipment.allowed uncertain=False"));
            Assert.True(Measured("paymentmonitor.machine.journal.flush.duration") > 0);
            Assert.True(Measured("paymentmonitor.machine.journal.written") > 100);
        }

        Assert.Equal(0, Measured("paymentmonitor.machine.connected"));
    }

    [Fact]
    public async Task A_machine_that_is_turned_away_counts_why()
    {
        Mine.Value = this;
        await using var machine = new MachineClient(Options(MachineJournal.InMemory(), "m-1") with { Secret = "wrong" });

        await Assert.ThrowsAsync<MachineRefusedException>(() => machine.ConnectAsync().WaitAsync(Guard));

        Assert.Equal(1, _measured.Where(pair => pair.Key.StartsWith("paymentmonitor.machine.disconnects reason=", StringComparison.Ordinal)).Sum(pair => pair.Value));
        Assert.Equal(0, Measured("paymentmonitor.machine.connected"));
    }

    [Fact]
    public async Task A_report_is_a_span_until_its_receipt_and_acting_on_a_decision_goes_on_with_the_decisions_trace()
    {
        var (trace, parent) = (ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom());
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == MachineMetrics.Name,
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using (var machine = await ConnectAsync(MachineJournal.InMemory(), "m-traced"))
        {
            var report = await machine.ReportAsync(Order, new OrderEvent.PaymentStarted());
            await report.Receipt.WaitAsync(Guard);
            Assert.Null(Activity.Current);
            await using var decisions = machine.ReadDecisionsAsync().GetAsyncEnumerator();
            await _backEnd.SendAsync(Decision($"00-{trace}-{parent}-01"), "m-traced");
            Assert.True(await decisions.MoveNextAsync().AsTask().WaitAsync(Guard));
        }

        var reported = Assert.Single(spans, span => (string?)span.GetTagItem("paymentmonitor.machine") == "m-traced");
        Assert.Equal(("report", ActivityKind.Producer), (reported.OperationName, reported.Kind));
        Assert.Equal(("o-1", "payment.started", "Accepted"), (reported.GetTagItem("paymentmonitor.order"), reported.GetTagItem("paymentmonitor.event"), reported.GetTagItem("paymentmonitor.receipt")));
        var acted = Assert.Single(spans, span => span.TraceId == trace);
        Assert.Equal(("act on decision", parent), (acted.OperationName, acted.ParentSpanId));
        Assert.Equal("shipment.allowed", acted.GetTagItem("paymentmonitor.decision"));
    }

    private static Decision Decision(string? trace) =>
        new(Order, 1, DecisionKinds.ShipmentAllowed, "paid", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200), Trace: trace);

    private async Task<MachineClient> ConnectAsync(MachineJournal journal, string machineId)
    {
        var machine = new MachineClient(Options(journal, machineId));
        await machine.ConnectAsync().WaitAsync(Guard);
        return machine;
    }

    private MachineClientOptions Options(MachineJournal journal, string machineId) => new()
    {
        Endpoint = _backEnd.Endpoint,
        MachineId = MachineId.Parse(machineId),
        Subprotocol = MachineSubprotocol.Json,
        Secret = FakeBackEnd.Secret,
        Journal = journal,
    };

    private double Measured(string name) => _measured.GetValueOrDefault(name);

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (Mine.Value != this)
        {
            return;
        }

        var key = instrument.Name;
        foreach (var (name, tag) in tags)
        {
            key += $" {name}={tag}";
        }

        _measured.AddOrUpdate(key, value, (_, before) => before + value);
    }
}
