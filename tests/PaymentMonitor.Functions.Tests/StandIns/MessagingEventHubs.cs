// Stand-ins for Azure.Messaging.EventHubs 5.12: signatures only. They follow Azure/azure-sdk-for-net,
// sdk/eventhub/Azure.Messaging.EventHubs/api.
using Azure.Core;

namespace Azure.Messaging.EventHubs
{
    public class EventData
    {
        public EventData(BinaryData eventBody) => EventBody = eventBody;

        public EventData(ReadOnlyMemory<byte> eventBody) => EventBody = BinaryData.FromBytes(eventBody);

        protected EventData(
            BinaryData eventBody,
            IDictionary<string, object>? properties = null,
            IReadOnlyDictionary<string, object>? systemProperties = null,
            long sequenceNumber = long.MinValue,
            string? offsetString = null,
            DateTimeOffset enqueuedTime = default,
            string? partitionKey = null) =>
            (EventBody, Properties, SequenceNumber, OffsetString, EnqueuedTime, PartitionKey) = (eventBody, properties ?? Properties, sequenceNumber, offsetString, enqueuedTime, partitionKey);

        public BinaryData EventBody { get; set; }

        public string? ContentType { get; set; }

        public string? MessageId { get; set; }

        public string? CorrelationId { get; set; }

        public IDictionary<string, object> Properties { get; } = new Dictionary<string, object>();

        public long SequenceNumber { get; }

        public string? OffsetString { get; }

        public DateTimeOffset EnqueuedTime { get; }

        public string? PartitionKey { get; }
    }

    public class EventHubsException(bool isTransient, string eventHubName, string message, EventHubsException.FailureReason reason) : Exception(message)
    {
        public enum FailureReason
        {
            GeneralError = 0,
            ClientClosed = 1,
            ConsumerDisconnected = 2,
            ResourceNotFound = 3,
            MessageSizeExceeded = 4,
            QuotaExceeded = 5,
            ServiceBusy = 6,
            ServiceTimeout = 7,
            ServiceCommunicationProblem = 8,
            ProducerDisconnected = 9,
            InvalidClientState = 10,
        }

        public bool IsTransient { get; } = isTransient;

        public string EventHubName { get; } = eventHubName;

        public FailureReason Reason { get; } = reason;
    }
}

namespace Azure.Messaging.EventHubs.Producer
{
    public class SendEventOptions
    {
        public string? PartitionKey { get; set; }
    }

    public class EventHubProducerClient
    {
        protected EventHubProducerClient()
        {
        }

        public EventHubProducerClient(string connectionString, string eventHubName) => throw new NotSupportedException();

        public EventHubProducerClient(string fullyQualifiedNamespace, string eventHubName, TokenCredential credential) => throw new NotSupportedException();

        public virtual Task SendAsync(IEnumerable<EventData> eventBatch, SendEventOptions options, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
