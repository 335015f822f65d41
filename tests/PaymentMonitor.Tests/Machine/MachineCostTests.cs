using System.Text;
using System.Text.Json;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

/// <summary>What a machine costs its process. The figures are in docs/performance.md.</summary>
public sealed class MachineCostTests
{
    private static readonly MachineId Id = MachineId.Parse("m-1");
    private static readonly OrderId Order = OrderId.Parse("o-1");

    [Fact]
    public void An_event_from_its_report_to_its_receipt_allocates_under_two_kilobytes()
    {
        const int events = 1_000;
        using var journal = MachineJournal.InMemory();
        var options = new MachineClientOptions { Endpoint = new Uri("http://127.0.0.1"), MachineId = Id, Secret = "s", Journal = journal, EventsPerSecond = 1_000_000, EventsBurst = 1_000_000 };
        var outbox = new MachineOutbox(options, journal.Attach(Id));
        var frame = new System.Buffers.ArrayBufferWriter<byte>(1_024);
        using var writer = new Utf8JsonWriter(frame);
        Run(100);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(events);
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / events;

        TestContext.Current.TestOutputHelper?.WriteLine($"{each} bytes an event");
        Assert.InRange(each, 100, 2_048);

        void Run(int count)
        {
            for (var i = 1; i <= count; i++)
            {
                var id = Ulid.NewUlid().ToString();
                outbox.Add(() => new ReportedEvent(EventId.Parse(id), Order, new OrderEvent.PaymentSucceeded(PaymentId.Parse("p-1"), 250), DateTimeOffset.UnixEpoch, Boot: 1, Seq: i), new OrderEvent.PaymentStarted(), offline: false);
                outbox.Kept();
                Assert.True(outbox.TryTake(TimeSpan.FromSeconds(i), out var report));
                frame.ResetWrittenCount();
                writer.Reset(frame);
                EventJson.Write(writer, report.Event with { SentAt = DateTimeOffset.UnixEpoch, Offline = report.Offline });
                writer.Flush();
                var receipt = JsonSerializer.Deserialize(Encoding.UTF8.GetBytes($$"""{"type":"receipt","id":"{{id}}","status":"accepted"}"""), WireJson.Default.ServerMessage);
                Assert.True(outbox.Receive((Receipt)receipt!, TimeSpan.FromSeconds(i), 0));
            }
        }
    }
}
