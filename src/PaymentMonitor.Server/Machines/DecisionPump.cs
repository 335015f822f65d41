using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Server;

/// <summary>
/// Sends what a transaction came to as soon as it is on the disk: the receipts, and the decisions of its orders. What goes to one
/// machine leaves in one system call.
/// </summary>
internal sealed partial class DecisionPump(DecisionPush push, Redelivery redelivery, ILogger<DecisionPump> logger)
{
    internal void Tell(Announcement announcement)
    {
        using var writes = GatheredWrites.Begin();
        announcement.Answer();
        foreach (var change in announcement.Changes)
        {
            var known = change.Before?.Version ?? 0;
            if (change.After.Version > known)
            {
                Push(change.After, known);
            }

            redelivery.Note(change.After);
        }
    }

    private void Push(Order order, int known)
    {
        // The endpoint in this process queues and never waits, so this has ended by now or has failed.
        var sending = push.SendAsync(order, known, CancellationToken.None).AsTask();
        if (sending.IsFaulted)
        {
            Log.Failed(logger, order.MachineId.Value, order.OrderId.Value, sending.Exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3008, Level = LogLevel.Error, Message = "A decision of order {Machine}/{Order} could not be pushed; the machine's next sync has it")]
        internal static partial void Failed(ILogger logger, string machine, string order, Exception exception);
    }
}
