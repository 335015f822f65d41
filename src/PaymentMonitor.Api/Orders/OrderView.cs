using System.Text.Json;
using System.Text.Json.Serialization;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>An order as the API shows it.</summary>
/// <param name="Errands">What is to be done at the payment provider: <c>claim</c>, <c>expiry</c>, <c>overdue</c>, <c>refund</c>, <c>close</c>.</param>
internal sealed record OrderView(
    string MachineId,
    string OrderId,
    OrderStatus Status,
    int Version,
    int ConfirmedVersion,
    DateTimeOffset? CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? Due,
    IReadOnlyList<string> Flags,
    IReadOnlyList<string> Errands,
    IReadOnlyList<Decision> Decisions,
    IReadOnlyList<EventView> Events)
{
    internal static OrderView Of(Order order) => new(
        order.MachineId.Value,
        order.OrderId.Value,
        order.Status,
        order.Version,
        order.ConfirmedVersion,
        order.Envelopes.IsEmpty ? null : order.Envelopes[0].ReceivedAt,
        order.Clock,
        order.Due,
        order.Flags,
        [.. ProviderErrandNames.Of(order.Errands)],
        order.Decisions,
        [.. order.Envelopes.Select(EventView.Of)]);
}

internal sealed record EventView(string Id, string Type, EventSource Source, DateTimeOffset ReceivedAt, DateTimeOffset EventTime, [property: JsonConverter(typeof(EventDataConverter))] OrderEvent Data)
{
    internal static EventView Of(Envelope envelope) => new(
        envelope.Event.Id.Value, envelope.Event.Body.Type, envelope.Source, envelope.ReceivedAt, envelope.EventTime, envelope.Event.Body);
}

internal sealed record OrderPageView(IReadOnlyList<OrderView> Items, string? Continuation);

/// <summary>Shows what an event says exactly as it is said on the wire.</summary>
internal sealed class EventDataConverter : JsonConverter<OrderEvent>
{
    public override OrderEvent Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, OrderEvent value, JsonSerializerOptions options) => EventJson.WriteData(writer, value);
}
