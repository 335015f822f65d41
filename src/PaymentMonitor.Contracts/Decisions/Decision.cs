namespace PaymentMonitor.Contracts;

/// <summary>What the back end decided about an order: a fact, appended once and never changed.</summary>
/// <param name="Version">Grows by one with each decision of the order, from 1.</param>
/// <param name="Kind">One of <see cref="DecisionKinds"/>.</param>
/// <param name="ValidUntil">A machine must not start a shipment after this moment.</param>
/// <param name="Trace">W3C trace context of the report that led to it, or null.</param>
public sealed record Decision(
    OrderId OrderId,
    int Version,
    string Kind,
    string Reason,
    DateTimeOffset DecidedAt,
    DateTimeOffset? ValidUntil = null,
    RefundOrder? Refund = null,
    string? Trace = null) : ServerMessage;

/// <summary>The payment to give back. <paramref name="RefundId"/> is the idempotency key of the refund.</summary>
public sealed record RefundOrder(string RefundId, PaymentId PaymentId, long Amount, Currency Currency);
