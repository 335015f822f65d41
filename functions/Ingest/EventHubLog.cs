using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>The log in Event Hubs: one partition key for each machine keeps its events in order.</summary>
public sealed class EventHubLog(EventHubProducerClient producer, TimeProvider time) : IEventLog
{
    public async ValueTask AppendAsync(Report report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(report);
        try
        {
            var data = LoggedEvent.Encode(report, time.GetUtcNow());
            await producer.SendAsync([data], new SendEventOptions { PartitionKey = report.MachineId.Value }, cancellationToken);
        }
        catch (EventHubsException e) when (e.Reason == EventHubsException.FailureReason.ServiceBusy)
        {
            throw new LogUnavailableException("The log is throttled.", e) { RetryAfter = TimeSpan.FromSeconds(4) };
        }
        catch (Exception e) when (e is EventHubsException or TimeoutException)
        {
            // The event may have been stored all the same: sent again it has the same id, and counts once.
            throw new LogUnavailableException("The log cannot be reached.", e);
        }
    }
}
