using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>The log of everything that happened, in the file. An append returns when the transaction that holds it is on the disk, and with it what was decided.</summary>
internal sealed class EmbeddedLog(OrderLoop loop) : IEventLog
{
    public ValueTask AppendAsync(Report report, CancellationToken cancellationToken)
    {
        // Once queued it is not given up: the wait is short, and nobody could tell whether it was kept.
        cancellationToken.ThrowIfCancellationRequested();
        return loop.AppendAsync(report);
    }
}
