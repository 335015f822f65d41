using System.Diagnostics;
using System.Diagnostics.Metrics;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>What all clients and journals of a process measure, under the name <see cref="Name"/>. Costs nothing while nobody listens.</summary>
internal static class MachineMetrics
{
    internal const string Name = "PaymentMonitor.Machine";

    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Receipts = Meter.CreateCounter<long>("paymentmonitor.machine.receipts", "{receipt}", "Receipts, by status.");
    private static readonly Histogram<double> ReceiptDuration = Meter.CreateHistogram<double>("paymentmonitor.machine.receipt.duration", "s", "From sending an event to its receipt.");
    private static readonly Histogram<double> FlushDuration = Meter.CreateHistogram<double>("paymentmonitor.machine.journal.flush.duration", "s", "From writing a batch to its being on the disk.");
    private static readonly Counter<long> FlushedBytes = Meter.CreateCounter<long>("paymentmonitor.machine.journal.written", "By", "Bytes written into journals.");

    internal static ActivitySource Activities { get; } = new(Name);

    internal static UpDownCounter<int> Pending { get; } = Meter.CreateUpDownCounter<int>("paymentmonitor.machine.pending", "{event}", "Events that wait for their receipts.");

    internal static UpDownCounter<int> Connected { get; } = Meter.CreateUpDownCounter<int>("paymentmonitor.machine.connected", "{machine}", "Clients with a connection.");

    internal static Counter<long> Disconnects { get; } = Meter.CreateCounter<long>("paymentmonitor.machine.disconnects", "{connection}", "Connections that ended, and attempts that failed, by reason.");

    internal static Counter<long> Decisions { get; } = Meter.CreateCounter<long>("paymentmonitor.machine.decisions", "{decision}", "Decisions handed over, by kind and by whether they are uncertain.");

    internal static Counter<long> Refused { get; } = Meter.CreateCounter<long>("paymentmonitor.machine.refused", "{event}", "Events that could not be taken over, by the error's name.");

    internal static void Receipted(ReceiptStatus status, TimeSpan? took)
    {
        Receipts.Add(1, new KeyValuePair<string, object?>("status", status == ReceiptStatus.Accepted ? "accepted" : "rejected"));
        if (took is { } duration)
        {
            ReceiptDuration.Record(duration.TotalSeconds);
        }
    }

    internal static void Flushed(TimeSpan took, int bytes)
    {
        FlushDuration.Record(took.TotalSeconds);
        FlushedBytes.Add(bytes);
    }

    /// <summary>Gauges of one journal, for as long as it is open.</summary>
    internal static Meter Observe(MachineJournal journal)
    {
        var meter = new Meter(Name);
        meter.CreateObservableGauge("paymentmonitor.machine.journal.live", () => journal.LiveBytes, "By", "Bytes of the journal that are still needed.");
        meter.CreateObservableGauge("paymentmonitor.machine.journal.oldest", () => journal.OldestAge.TotalSeconds, "s", "Age of the oldest event without a receipt.");
        return meter;
    }
}
