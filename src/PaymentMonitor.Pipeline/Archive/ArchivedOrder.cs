using System.Buffers;
using System.Text;
using Parquet.Serialization.Attributes;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// One order as a row of the archive: what reports ask for as columns of their own, and the whole document beside them, so that nothing
/// is lost with the row in the store. Amounts are integer minor units, times are UTC to the microsecond. Columns are only ever added.
/// </summary>
public sealed record ArchivedOrder
{
    public required string MachineId { get; init; }

    public required string OrderId { get; init; }

    public required string Status { get; init; }

    /// <summary>Counts the decisions. Of several rows of an order the one with the greatest version and the latest <see cref="UpdatedAt"/> counts.</summary>
    public int Version { get; init; }

    /// <summary>Arrival of the first event.</summary>
    [ParquetTimestamp(ParquetTimestampResolution.Microseconds)]
    public DateTime CreatedAt { get; init; }

    /// <summary>Arrival of the newest event.</summary>
    [ParquetTimestamp(ParquetTimestampResolution.Microseconds)]
    public DateTime UpdatedAt { get; init; }

    public string? Channel { get; init; }

    public long? Amount { get; init; }

    public string? Currency { get; init; }

    /// <summary>Arrival of the first report of a payment.</summary>
    [ParquetTimestamp(ParquetTimestampResolution.Microseconds)]
    public DateTime? PaidAt { get; init; }

    [ParquetTimestamp(ParquetTimestampResolution.Microseconds)]
    public DateTime? AllowedAt { get; init; }

    [ParquetTimestamp(ParquetTimestampResolution.Microseconds)]
    public DateTime? CompletedAt { get; init; }

    [ParquetTimestamp(ParquetTimestampResolution.Microseconds)]
    public DateTime? ClosedAt { get; init; }

    /// <summary>Why the trade was closed.</summary>
    public string? CloseReason { get; init; }

    /// <summary>The reason of the newest <c>payment.failed</c> or <c>shipment.failed</c>.</summary>
    public string? FailureReason { get; init; }

    /// <summary>What was kept: the amount of the completed payment.</summary>
    public long? Revenue { get; init; }

    /// <summary>What was to be given back.</summary>
    public long Refunded { get; init; }

    /// <summary>The order as the store had it, JSON.</summary>
    public required string Document { get; init; }

    public static ArchivedOrder Of(Order order)
    {
        ArgumentNullException.ThrowIfNull(order);
        var terms = order.Envelopes.Select(envelope => envelope.Event.Body).OfType<OrderEvent.Created>().FirstOrDefault();
        var paid = order.Envelopes.FirstOrDefault(envelope => envelope.Event.Body is OrderEvent.PaymentSucceeded);
        return new ArchivedOrder
        {
            MachineId = order.MachineId.Value,
            OrderId = order.OrderId.Value,
            Status = order.Status.ToString(),
            Version = order.Version,
            CreatedAt = order.Envelopes.IsEmpty ? order.Clock.UtcDateTime : order.Envelopes[0].ReceivedAt.UtcDateTime,
            UpdatedAt = order.Clock.UtcDateTime,
            Channel = terms?.Channel.Value,
            Amount = terms?.Amount,
            Currency = terms?.Currency.Value,
            PaidAt = paid?.ReceivedAt.UtcDateTime,
            AllowedAt = Decided(order, DecisionKinds.ShipmentAllowed)?.DecidedAt.UtcDateTime,
            CompletedAt = Decided(order, DecisionKinds.TradeCompleted)?.DecidedAt.UtcDateTime,
            ClosedAt = Decided(order, DecisionKinds.TradeClosed)?.DecidedAt.UtcDateTime,
            CloseReason = Decided(order, DecisionKinds.TradeClosed)?.Reason,
            FailureReason = FailureOf(order),
            Revenue = RevenueOf(order),
            Refunded = order.Decisions.Sum(decision => decision.Refund?.Amount ?? 0),
            Document = DocumentOf(order),
        };
    }

    private static Decision? Decided(Order order, string kind) => order.Decisions.FirstOrDefault(decision => decision.Kind == kind);

    private static string? FailureOf(Order order) => order.Envelopes.Select(envelope => envelope.Event.Body switch
    {
        OrderEvent.PaymentFailed failed => failed.Reason,
        OrderEvent.ShipmentFailed failed => failed.Reason,
        _ => null,
    }).LastOrDefault(reason => reason is not null);

    // The provider's word on an amount beats the machine's, as in the rules.
    private static long? RevenueOf(Order order)
    {
        return order.Envelopes
            .Where(envelope => envelope.Event.Body is OrderEvent.PaymentSucceeded paid && paid.PaymentId == order.CompletedPayment)
            .OrderBy(envelope => envelope.Source == EventSource.Provider ? 0 : 1)
            .Select(envelope => (long?)((OrderEvent.PaymentSucceeded)envelope.Event.Body).Amount)
            .FirstOrDefault();
    }

    private static string DocumentOf(Order order)
    {
        var document = new ArrayBufferWriter<byte>(4 * 1024);
        OrderDocument.Write(document, order);
        return Encoding.UTF8.GetString(document.WrittenSpan);
    }
}
