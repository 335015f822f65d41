using System.Text.Json.Serialization;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>A dead letter as it is stored; the body is base64, because it may be anything.</summary>
internal sealed record DeadLetterDocument(
    string Reason,
    string? Message,
    string Position,
    DateTimeOffset SetAsideAt,
    MachineId? MachineId,
    OrderId? OrderId,
    [property: JsonConverter(typeof(JsonStringEnumConverter<EventSource>))] EventSource? Source,
    DateTimeOffset? ReceivedAt,
    byte[] Body,
    int Replays = 0,
    DateTimeOffset? ReplayedAt = null,
    string? ReplayedBy = null)
{
    internal static DeadLetterDocument Of(DeadLetter letter, DateTimeOffset setAsideAt) => new(
        letter.Reason,
        letter.Message,
        letter.Position,
        setAsideAt,
        letter.MachineId,
        letter.OrderId,
        letter.Source,
        letter.ReceivedAt,
        letter.Body.ToArray(),
        letter.Replays);

    internal KeptDeadLetter ToLetter(string id) => new(
        id,
        SetAsideAt,
        new DeadLetter(Position, Reason, Body, Message, MachineId, OrderId, Source, ReceivedAt, Replays),
        ReplayedAt is { } at ? new Replayed(at, ReplayedBy ?? "") : null);
}
