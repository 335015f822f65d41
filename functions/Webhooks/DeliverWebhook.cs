using Microsoft.Azure.Cosmos;
using Microsoft.Azure.Functions.Worker;
using PaymentMonitor.Azure;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>Delivers what an endpoint is to be told of an order.</summary>
/// <param name="delivery">Null where webhooks are off.</param>
public sealed class DeliverWebhook(WebhookRoom room, WebhookDelivery? delivery = null, CosmosWebhookCursors? cursors = null)
{
    private static readonly TimeSpan WhenFull = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AfterOutage = TimeSpan.FromSeconds(30);

    [Function(nameof(DeliverWebhook))]
    public async Task RunAsync([QueueTrigger(CosmosWebhookCursors.Queue, Connection = Connections.Storage)] string message, CancellationToken cancellationToken)
    {
        if (delivery is null || cursors is null)
        {
            return;
        }

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
