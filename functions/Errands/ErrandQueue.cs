using System.Text.Json;
using System.Text.Json.Serialization;
using Azure.Storage.Queues;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>Orders that want something done at the payment provider, each to be looked at when its message becomes visible.</summary>
public sealed class ErrandQueue(QueueServiceClient queues)
{
    internal const string Name = "provider-errands";

    private readonly QueueClient _queue = queues.GetQueueClient(Name);

    internal async Task AddAsync(Errand errand, TimeSpan after, CancellationToken cancellationToken)
    {
        var message = JsonSerializer.Serialize(errand, ErrandJson.Default.Errand);
        await _queue.SendMessageAsync(message, visibilityTimeout: after, cancellationToken: cancellationToken);
    }
}

/// <summary>One look at an order.</summary>
/// <param name="Envelopes">How many events the order had: one with more has a message of its own, which makes this one idle.</param>
/// <param name="Attempts">Looks before this one.</param>
public sealed record Errand(MachineId MachineId, OrderId OrderId, int Envelopes, int Attempts)
{
    internal static Errand Of(Order order) => new(order.MachineId, order.OrderId, order.Envelopes.Length, 0);

    internal OrderKey Order => new(MachineId, OrderId);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Errand))]
internal sealed partial class ErrandJson : JsonSerializerContext;
