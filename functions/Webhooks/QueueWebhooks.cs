using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using PaymentMonitor.Azure;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>Says of each changed order which endpoints have something to be told. Its position in the feed is its own.</summary>
/// <param name="endpoints">Null where webhooks are off.</param>
public sealed class QueueWebhooks(ChangedOrders orders, IWebhookEndpoints? endpoints = null, IWebhookCursors? cursors = null)
{
    [Function(nameof(QueueWebhooks))]
    [ExponentialBackoffRetry(-1, "00:00:01", "00:01:00")]
    public async Task RunAsync(
        [CosmosDBTrigger(
            CosmosDatabase.Name,
            CosmosDatabase.Orders,
            Connection = Connections.Cosmos,
            LeaseContainerName = CosmosDatabase.Leases,
            LeaseContainerPrefix = nameof(QueueWebhooks),
            FeedPollDelay = 200,
            StartFromBeginning = true)] IReadOnlyList<JsonElement> changed,
        CancellationToken cancellationToken)
    {
        if (endpoints is null || await endpoints.ListAsync(cancellationToken) is not { Count: > 0 } all)
        {
            return;
        }

        await orders.ForEachAsync(changed, SignalAsync, cancellationToken);

        Task SignalAsync(Order order) => cursors!.SignalAsync([.. WebhookSignal.Of(all, order)], cancellationToken).AsTask();
    }
}
