using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using PaymentMonitor.Azure;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>
/// Pushes what a machine has not confirmed, whenever its order changes. The entity pushes first and best effort; this follows from
/// the saved document alone, so a decision is told although the instance that made it died. What is lost here is in the next sync.
/// </summary>
public sealed class NotifyMachines(ChangedOrders orders, DecisionPush push, TimeProvider time)
{
    [Function(nameof(NotifyMachines))]
    [ExponentialBackoffRetry(5, "00:00:01", "00:00:30")]
    public Task RunAsync(
        [CosmosDBTrigger(
            CosmosDatabase.Name,
            CosmosDatabase.Orders,
            Connection = Connections.Cosmos,
            LeaseContainerName = CosmosDatabase.Leases,
            LeaseContainerPrefix = nameof(NotifyMachines),
            FeedPollDelay = 100)] IReadOnlyList<JsonElement> changed,
        CancellationToken cancellationToken)
    {
        return orders.ForEachAsync(changed, order => push.SendAsync(order, order.ConfirmedVersion, cancellationToken, time.GetUtcNow()).AsTask(), cancellationToken);
    }
}
