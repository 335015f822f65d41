using PaymentMonitor.Contracts;

namespace PaymentMonitor.Simulator;

/// <summary>What all machines together did. Thread-safe.</summary>
internal sealed class FleetCounters
{
    private long _sent;
    private long _accepted;
    private long _rejected;
    private long _decisions;

    internal long SentCount => Interlocked.Read(ref _sent);

    internal long AcceptedCount => Interlocked.Read(ref _accepted);

    internal long RejectedCount => Interlocked.Read(ref _rejected);

    internal long DecisionCount => Interlocked.Read(ref _decisions);

    internal void Sent() => Interlocked.Increment(ref _sent);

    internal void Receipted(ReceiptStatus status) => Interlocked.Increment(ref status == ReceiptStatus.Accepted ? ref _accepted : ref _rejected);

    internal void Decided() => Interlocked.Increment(ref _decisions);
}
