using Microsoft.Azure.Functions.Worker;
using PaymentMonitor.Azure;

namespace PaymentMonitor.Functions;

/// <summary>Delivers what an endpoint is to be told of an order.</summary>
/// <param name="delivery">Null where webhooks are off.</param>
public sealed class DeliverWebhook(QueuedDelivery? delivery = null)
{
    [Function(nameof(DeliverWebhook))]
    public Task RunAsync([QueueTrigger(CosmosWebhookCursors.Queue, Connection = Connections.Storage)] string message, CancellationToken cancellationToken) =>
        delivery?.RunAsync(message, cancellationToken) ?? Task.CompletedTask;
}
