using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using PaymentMonitor.Azure;

namespace PaymentMonitor.Functions;

/// <summary>Keeps the lists of orders: of each day, and of those that wait for somebody.</summary>
public sealed class Attention(ChangedOrders orders, OrderListings listings)
{
    [Function(nameof(Attention))]
    [ExponentialBackoffRetry(-1, "00:00:01", "00:01:00")]
    public Task RunAsync(
        [CosmosDBTrigger(
            CosmosDatabase.Name,
            CosmosDatabase.Orders,
            Connection = Connections.Cosmos,
            LeaseContainerName = CosmosDatabase.Leases,
            LeaseContainerPrefix = nameof(Attention),
            FeedPollDelay = 1_000,
            StartFromBeginning = true)] IReadOnlyList<JsonElement> changed,
        CancellationToken cancellationToken)
    {
        return orders.ForEachAsync(changed, order => listings.EnterAsync(order, cancellationToken), cancellationToken);
    }
}
