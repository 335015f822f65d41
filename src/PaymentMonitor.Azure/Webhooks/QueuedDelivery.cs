using Microsoft.Azure.Cosmos;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>Works off a message of the queue of webhooks. Once it returns the message has served its purpose; a later one follows where there is more to do.</summary>
public sealed class QueuedDelivery(WebhookRoom room, WebhookDelivery delivery, CosmosWebhookCursors cursors)
{
    private static readonly TimeSpan WhenFull = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AfterOutage = TimeSpan.FromSeconds(30);

    public async Task RunAsync(string message, CancellationToken cancellationToken)
    {
        var key = CosmosWebhookCursors.KeyOf(message);
        using var place = room.Enter(key.EndpointId);
        if (place is null)
        {
            await cursors.PostponeAsync(key, WhenFull, cancellationToken);
            return;
        }

        try
        {
            await delivery.WorkAsync(key, cancellationToken);
        }
        catch (CosmosException)
        {
            // A message that fails too often is moved away from its queue; this one has only come at a bad time.
            await cursors.PostponeAsync(key, AfterOutage, cancellationToken);
        }
    }
}
