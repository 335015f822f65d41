using System.Text.Json;
using System.Text.Json.Serialization;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server;

/// <summary>An order as the API shows it; only what a reconciliation needs.</summary>
internal sealed record RecordedOrder(string MachineId, string OrderId, IReadOnlyList<Decision> Decisions, IReadOnlyList<RecordedEvent> Events)
{
    internal string Name => $"{MachineId}/{OrderId}";

    internal PaymentReference? PaymentRef => Terms?.PaymentRef;

    /// <summary>The order's currency, which a payment has that names none.</summary>
    internal Currency? Currency => Terms?.Currency;

    /// <summary>What the provider took, the first report of each payment. A machine's claims and its own money are not the provider's.</summary>
    internal IEnumerable<RecordedEvent> Payments => Events
        .Where(e => e is { Type: EventTypes.PaymentSucceeded, Source: EventSource.Provider, Data.PaymentId: not null })
        .DistinctBy(e => e.Data.PaymentId);

    /// <summary>The refunds that were ordered of the provider's payments, with when that was.</summary>
    internal IEnumerable<(RefundOrder Refund, DateTimeOffset DueSince)> Refunds => Decisions
        .Where(decision => decision.Refund is { } refund && Payments.Any(payment => payment.Data.PaymentId == refund.PaymentId))
        .Select(decision => (decision.Refund!, decision.DecidedAt));

    internal bool IsBack(PaymentId paymentId) => Events.Any(e => e is { Type: EventTypes.RefundCompleted, Source: EventSource.Provider } && e.Data.PaymentId == paymentId);

    private RecordedData? Terms => Events.FirstOrDefault(e => e.Type == EventTypes.OrderCreated)?.Data;
}

internal sealed record RecordedEvent(string Type, EventSource Source, DateTimeOffset EventTime, RecordedData Data);

internal sealed record RecordedData(PaymentId? PaymentId = null, PaymentReference? PaymentRef = null, long Amount = 0, Currency? Currency = null);

internal sealed record RecordedOrderPage(IReadOnlyList<RecordedOrder> Items, string? Continuation = null);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RecordedOrderPage))]
[JsonSerializable(typeof(ReconciliationReport))]
[JsonSerializable(typeof(KeptReconciliation))]
internal sealed partial class ReconciliationJson : JsonSerializerContext;
