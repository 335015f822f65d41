using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using PaymentMonitor.Azure;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>Puts an order into the queue when it wants something done at the payment provider.</summary>
/// <param name="desk">Null where no provider is configured: then business systems ask and refund.</param>
public sealed class QueueErrands(ChangedOrders orders, ErrandQueue queue, ProviderDesk? desk = null)
{
    [Function(nameof(QueueErrands))]
    [ExponentialBackoffRetry(-1, "00:00:01", "00:01:00")]
    public Task RunAsync(
        [CosmosDBTrigger(
            CosmosDatabase.Name,
            CosmosDatabase.Orders,
            Connection = Connections.Cosmos,
            LeaseContainerName = CosmosDatabase.Leases,
            LeaseContainerPrefix = nameof(QueueErrands),
            FeedPollDelay = 200,
            StartFromBeginning = true)] IReadOnlyList<JsonElement> changed,
        CancellationToken cancellationToken)
    {
        return orders.ForEachAsync(changed, AddAsync, cancellationToken);

        Task AddAsync(Order order)
        {
            return desk is null || order.Errands is ProviderErrands.None ? Task.CompletedTask : queue.AddAsync(Errand.Of(order), TimeSpan.Zero, cancellationToken);
        }
    }
}
