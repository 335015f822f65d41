using System.Text.Json.Serialization;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Azure;

/// <summary>A dead letter as it is stored; the body is base64, because it may be anything.</summary>
internal sealed record DeadLetterDocument(
    string Reason,
    string Message,
    string Position,
    DateTimeOffset SetAsideAt,
    MachineId? MachineId,
    OrderId? OrderId,
    [property: JsonConverter(typeof(JsonStringEnumConverter<EventSource>))] EventSource? Source,
    DateTimeOffset? ReceivedAt,
    byte[] Body);
