using System.Text.Json;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Azure;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Functions;

/// <summary>
/// Puts decisions into an event hub, for whoever wants them as a stream: under the machine's key, as machines get them, with the order
/// and the version as the message's id. At least once: a change of an order brings all of its decisions again, and readers know a
/// repeat by that id. Off unless the setting <c>Decisions__publish</c> is true.
/// </summary>
public sealed class PublishDecisions(ChangedOrders orders, AppSettings settings, [FromKeyedServices(EventHub.Decisions)] EventHubProducerClient? producer = null)
{
    [Function(nameof(PublishDecisions))]
    [ExponentialBackoffRetry(-1, "00:00:01", "00:01:00")]
    public Task RunAsync(
        [CosmosDBTrigger(
            CosmosDatabase.Name,
            CosmosDatabase.Orders,
            Connection = Connections.Cosmos,
            LeaseContainerName = CosmosDatabase.Leases,
            LeaseContainerPrefix = nameof(PublishDecisions),
            FeedPollDelay = 500)] IReadOnlyList<JsonElement> changed,
        CancellationToken cancellationToken)
    {
        return settings.PublishesDecisions && producer is not null
            ? orders.ForEachAsync(changed, order => PublishAsync(producer, order, cancellationToken), cancellationToken)
            : Task.CompletedTask;
    }

    private static async Task PublishAsync(EventHubProducerClient producer, Order order, CancellationToken cancellationToken)
    {
        if (order.Decisions.IsEmpty)
        {
            return;
        }

        var decisions = order.Decisions.Select(decision => new EventData(decision.ToBytes(WireForm.Json))
        {
            ContentType = "application/json",
            MessageId = $"{order.MachineId}/{order.OrderId}/{decision.Version}",
        });
        await producer.SendAsync(decisions, new SendEventOptions { PartitionKey = order.MachineId.Value }, cancellationToken);
    }
}
