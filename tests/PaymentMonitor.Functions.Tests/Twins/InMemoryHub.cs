using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;

namespace PaymentMonitor.Functions.Tests;

/// <summary>An event hub in memory: what is sent can be taken as a batch, any number of times.</summary>
internal sealed class InMemoryHub : EventHubProducerClient
{
    private readonly Queue<Exception> _failures = new();

    private readonly Arrivals _sent = new();

    internal List<EventData> Events { get; } = [];

    internal EventData[] Take(Range batch)
    {
        lock (Events)
        {
            return Events.Take(batch).ToArray();
        }
    }

    internal List<string> MessageIds { get; } = [];

    internal Task SentAsync(int count) => _sent.ReachedAsync(count);

    internal void FailNext(Exception failure) => _failures.Enqueue(failure);

    /// <summary>What happens around each send; nothing unless set.</summary>
    internal Func<Func<Task>, Task> Around { get; set; } = call => call();

    public override Task SendAsync(IEnumerable<EventData> eventBatch, SendEventOptions options, CancellationToken cancellationToken = default)
    {
        if (_failures.TryDequeue(out var failure))
        {
            throw failure;
        }

        return Around(() =>
        {
            foreach (var sent in eventBatch)
            {
                lock (Events)
                {
                    MessageIds.Add(sent.MessageId);
                }

                Add(sent.EventBody, sent.Properties, options.PartitionKey);
            }

            return Task.CompletedTask;
        });
    }

    /// <summary>While set, it does not answer what it is asked.</summary>
    internal bool IsDown { get; set; }

    public override Task<EventHubProperties> GetEventHubPropertiesAsync(CancellationToken cancellationToken = default) => IsDown
        ? Task.FromException<EventHubProperties>(new EventHubsException("orders", "It does not answer.", EventHubsException.FailureReason.ServiceTimeout))
        : Task.FromResult(EventHubsModelFactory.EventHubProperties("orders", default, ["0"]));

    public override Task CloseAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    internal void Add(BinaryData body, IDictionary<string, object> properties, string partitionKey)
    {
        lock (Events)
        {
            Events.Add(EventHubsModelFactory.EventData(body, properties, partitionKey: partitionKey, sequenceNumber: Events.Count, offsetString: $"{Events.Count}"));
        }

        _sent.Note();
    }
}
