using System.Diagnostics.Metrics;
using Azure.Messaging.EventHubs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>
/// Hands a batch of the log to the orders it is about: one signal for each order, with its events in the order of the log. What
/// cannot be read is set aside first. Whatever fails is tried again with the whole batch, because a checkpoint moves past a
/// function that gives up; an order ignores what it has seen.
/// </summary>
public sealed partial class Ingest(IDeadLetters deadLetters, IMeterFactory meters, TimeProvider time, ILogger<Ingest> logger)
{
    private readonly Histogram<double> _lag = meters.Create(Telemetry.Meter).CreateHistogram<double>(Telemetry.LogLag, "s", "From an event's place in the log to its consumption, for the oldest of each batch.");

    [Function(nameof(Ingest))]
    [ExponentialBackoffRetry(-1, "00:00:01", "00:00:30")]
    public async Task RunAsync(
        [EventHubTrigger(EventHub.Orders, Connection = Connections.EventHubs, ConsumerGroup = EventHub.Workflow)] EventData[] batch,
        [DurableClient] DurableTaskClient durable,
        CancellationToken cancellationToken)
    {
        if (batch is [var oldest, ..])
        {
            _lag.Record(Math.Max(0, (time.GetUtcNow() - oldest.EnqueuedTime).TotalSeconds));
        }

        var readable = new List<LoggedEvent>(batch.Length);
        foreach (var data in batch)
        {
            if (LoggedEvent.TryDecode(data, out var logged, out var error))
            {
                readable.Add(logged);
            }
            else
            {
                await SetAsideAsync(data, error, cancellationToken);
            }
        }

        var signals = readable.GroupBy(OrderEntity.IdOf).Select(order =>
            durable.Entities.SignalEntityAsync(order.Key, nameof(OrderEntity.Apply), new OrderBatch([.. order]), cancellation: cancellationToken));
        await Task.WhenAll(signals);
    }

    private async Task SetAsideAsync(EventData data, NamedError error, CancellationToken cancellationToken)
    {
        var position = $"{data.PartitionKey}-{data.SequenceNumber}";
        Log.EventSetAside(logger, position, error.Name, error.Message);
        var letter = new DeadLetter(position, error.Name, data.EventBody.ToMemory(), error.Message, ReceivedAt: data.EnqueuedTime);
        await deadLetters.SetAsideAsync(letter, cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(5001, LogLevel.Error, "Set aside the event at {Position} of the log: {Name}. {Message}")]
        internal static partial void EventSetAside(ILogger logger, string position, string name, string message);
    }
}
