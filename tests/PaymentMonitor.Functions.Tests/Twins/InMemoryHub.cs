using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;

namespace PaymentMonitor.Functions.Tests;

/// <summary>An event hub in memory: what is sent can be taken as a batch, any number of times.</summary>
internal sealed class InMemoryHub : EventHubProducerClient
{
    private readonly Queue<Exception> _failures = new();

    internal List<EventData> Events { get; } = [];

    internal void FailNext(Exception failure) => _failures.Enqueue(failure);

    public override Task SendAsync(IEnumerable<EventData> eventBatch, SendEventOptions options, CancellationToken cancellationToken = default)
    {
        if (_failures.TryDequeue(out var failure))
        {
            throw failure;
        }

        foreach (var sent in eventBatch)
        {
            Add(sent.EventBody, sent.Properties, options.PartitionKey!);
        }

        return Task.CompletedTask;
    }

    internal void Add(BinaryData body, IDictionary<string, object> properties, string partitionKey)
    {
        Events.Add(new Received(body, properties, Events.Count, partitionKey));
    }

    private sealed class Received(BinaryData body, IDictionary<string, object> properties, long sequenceNumber, string partitionKey)
        : EventData(body, properties, sequenceNumber: sequenceNumber, offsetString: $"{sequenceNumber}", partitionKey: partitionKey);
}
