using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine.Journal;

/// <summary>A machine over a journal on the disk that ends and starts again, at a back end that stays.</summary>
public sealed class MachineRestartTests : IAsyncLifetime
{
    private static readonly OrderId Order = OrderId.Parse("o-1");
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-test-").FullName;
    private FakeBackEnd _backEnd = null!;

    public async ValueTask InitializeAsync() => _backEnd = await FakeBackEnd.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _backEnd.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Events_without_a_receipt_are_sent_after_a_restart_as_they_were()
    {
        var reports = new List<ReportedEvent>();
        await WithMachineAsync(async machine =>
        {
            reports.Add((await machine.ReportAsync(Order, new OrderEvent.PaymentStarted())).Event);
            reports.Add((await machine.ReportAsync(Order, new OrderEvent.Cancelled())).Event);
        });

        await WithMachineAsync(async machine =>
        {
            Assert.Equal(2, machine.Pending);
            await machine.ConnectAsync().WaitAsync(Guard);
            await machine.FlushAsync().WaitAsync(Guard);
            foreach (var reported in reports)
            {
                Assert.Equal(reported with { Offline = true }, await _backEnd.NextEventAsync() with { SentAt = null });
            }

            var fresh = await machine.ReportAsync(Order, new OrderEvent.PaymentStarted());
            Assert.True(fresh.Event.Boot > reports[0].Boot);
            Assert.Equal(1, fresh.Event.Seq);
            await fresh.Receipt.WaitAsync(Guard);
        });

        await WithMachineAsync(machine =>
        {
            Assert.Equal(0, machine.Pending);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task The_syncs_after_a_restart_say_how_far_the_boot_before_it_came()
    {
        ReportedEvent? last = null;
        await WithMachineAsync(async machine =>
        {
            await machine.ReportAsync(Order, new OrderEvent.PaymentStarted());
            last = (await machine.ReportAsync(Order, new OrderEvent.Cancelled())).Event;
        });

        await WithMachineAsync(async machine =>
        {
            await machine.ConnectAsync().WaitAsync(Guard);
            var sync = await _backEnd.NextSyncAsync();
            Assert.Equal(new SeenUpTo(last!.Boot!.Value, 2), sync.Before);
            Assert.True(sync.Seen!.Boot > sync.Before!.Boot);
        });
    }

    [Fact]
    public async Task A_permission_that_was_handed_over_comes_once_more_and_is_uncertain_until_its_outcome_is_reported()
    {
        var allowed = new Decision(Order, 1, DecisionKinds.ShipmentAllowed, "paid", TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddHours(1));
        await WithMachineAsync(async machine =>
        {
            await machine.ConnectAsync().WaitAsync(Guard);
            await _backEnd.NextSyncAsync();
            await _backEnd.SendAsync(allowed);
            Assert.Equal(new MachineDecision(allowed, Uncertain: false), await NextAsync(machine));
        });

        await WithMachineAsync(async machine =>
        {
            Assert.Equal(new MachineDecision(allowed, Uncertain: true), await NextAsync(machine));
            await machine.ReportAsync(Order, new OrderEvent.ShipmentCompleted());
        });

        await WithMachineAsync(async machine =>
        {
            await machine.ConnectAsync().WaitAsync(Guard);
            await machine.FlushAsync().WaitAsync(Guard);
            var next = new Decision(Order, 2, DecisionKinds.TradeCompleted, "shipped", TimeProvider.System.GetUtcNow());
            await _backEnd.SendAsync(next);
            Assert.Equal(new MachineDecision(next, Uncertain: false), await NextAsync(machine));
        });
    }

    [Fact]
    public async Task A_permission_that_nobody_read_is_handed_over_after_a_restart_once_the_clock_is_known()
    {
        var allowed = new Decision(Order, 1, DecisionKinds.ShipmentAllowed, "paid", TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddHours(1));
        await WithMachineAsync(async machine =>
        {
            await machine.ConnectAsync().WaitAsync(Guard);
            await _backEnd.NextSyncAsync();
            await _backEnd.SendAsync(allowed);
            Assert.Equal([new Confirmation(Order, 1)], (await _backEnd.NextSyncAsync()).Confirmed);
        });

        await WithMachineAsync(async machine =>
        {
            var reading = NextAsync(machine);
            Assert.False(reading.IsCompleted);
            await machine.ConnectAsync().WaitAsync(Guard);
            Assert.Equal(new MachineDecision(allowed, Uncertain: false), await reading);
        });
    }

    [Fact]
    public async Task A_permission_that_is_over_is_reported_and_not_handed_over()
    {
        var late = new Decision(Order, 1, DecisionKinds.ShipmentAllowed, "paid", DateTimeOffset.UnixEpoch, TimeProvider.System.GetUtcNow().AddMinutes(-1));
        var closed = new Decision(Order, 2, DecisionKinds.TradeClosed, "shipment-failed", TimeProvider.System.GetUtcNow());
        var told = new List<Decision>();
        await WithMachineAsync(
            async machine =>
            {
                await machine.ConnectAsync().WaitAsync(Guard);
                await _backEnd.NextSyncAsync();
                await _backEnd.SendAsync(late);
                await _backEnd.SendAsync(closed);

                Assert.Equal(closed, (await NextAsync(machine)).Decision);
                Assert.Equal(new OrderEvent.ShipmentFailed("expired"), (await _backEnd.NextEventAsync()).Body);
                Assert.Equal([late], told);
            },
            options => options with { PermissionExpired = told.Add });
    }

    [Fact]
    public async Task Receipted_events_are_sent_again_from_the_journal_when_the_back_end_misses_them()
    {
        await WithMachineAsync(async machine =>
        {
            await machine.ConnectAsync().WaitAsync(Guard);
            await _backEnd.NextSyncAsync();
            var report = await machine.ReportAsync(Order, new OrderEvent.PaymentStarted());
            await report.Receipt.WaitAsync(Guard);
            await _backEnd.NextEventAsync();

            await _backEnd.SendAsync(new SyncAnswer([], [new ResendRange(report.Event.Boot!.Value, 1, 3)]));

            Assert.Equal(report.Event with { Offline = true }, await _backEnd.NextEventAsync() with { SentAt = null });
            await machine.FlushAsync().WaitAsync(Guard);
        });
    }

    private async Task WithMachineAsync(Func<MachineClient, Task> act, Func<MachineClientOptions, MachineClientOptions>? change = null)
    {
        using var journal = MachineJournal.Open(new JournalOptions { Folder = _folder });
        var options = new MachineClientOptions
        {
            Endpoint = _backEnd.Endpoint,
            Subprotocol = MachineSubprotocol.Json,
            MachineId = MachineId.Parse("m-1"),
            Secret = FakeBackEnd.Secret,
            Journal = journal,
            Backoff = new Backoff { Base = TimeSpan.FromMilliseconds(20), Max = TimeSpan.FromMilliseconds(100) },
            ConfirmDelay = TimeSpan.FromMilliseconds(20),
        };
        await using var machine = new MachineClient(change?.Invoke(options) ?? options);
        await act(machine);
    }

    private static async Task<MachineDecision> NextAsync(MachineClient machine)
    {
        await foreach (var decision in machine.ReadDecisionsAsync().WithCancellation(TestContext.Current.CancellationToken))
        {
            return decision;
        }

        throw new InvalidOperationException("There are no more decisions.");
    }
}
