using System.Text.Json.Serialization;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Simulator;

/// <summary>An order as the back end's API shows it; only what a verdict needs.</summary>
/// <param name="Events">The accepted ones.</param>
internal sealed record StoredOrder(
    MachineId MachineId, OrderId OrderId, string Status, IReadOnlyList<Decision> Decisions, IReadOnlyList<StoredEvent> Events);

internal sealed record StoredEvent(string Id, string Type, StoredEventData? Data = null);

internal sealed record StoredEventData(string? PaymentId = null);

internal sealed record StoredOrderPage(IReadOnlyList<StoredOrder> Items, string? Continuation = null);

internal sealed record DeadLetter(string? EventId, string Reason);

internal sealed record DeadLetterPage(IReadOnlyList<DeadLetter> Items, string? Continuation = null);

[JsonSourceGenerationOptions(
    System.Text.Json.JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(StoredOrderPage))]
[JsonSerializable(typeof(DeadLetterPage))]
internal sealed partial class OrdersApiJson : JsonSerializerContext;
