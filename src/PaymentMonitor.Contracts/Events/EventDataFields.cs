namespace PaymentMonitor.Contracts;

/// <summary>The fields of what an event says, as they were met on the wire; which of them count depends on the event's type.</summary>
internal struct EventDataFields
{
    internal const int MaxText = 256;
    internal const int MaxCouponCode = 64;

    internal long? Amount;
    internal long? ExpiresIn;
    internal string? Currency;
    internal string? Channel;
    internal string? PaymentRef;
    internal string? PaymentId;
    internal string? CouponCode;
    internal string? Reason;
    internal string? Result;
    internal string? Verdict;
    internal string? By;
    internal string? What;
    internal string? Outcome;
    internal long? Version;

    internal readonly OrderEvent ToBody(string type) => type switch
    {
        EventTypes.OrderCreated => Created(),
        EventTypes.OrderCancelled => new OrderEvent.Cancelled(),
        EventTypes.PaymentStarted => new OrderEvent.PaymentStarted(),
        EventTypes.PaymentSucceeded => new OrderEvent.PaymentSucceeded(Payment(), Amount ?? throw Field.Missing("data.amount"), OptionalCurrency()),
        EventTypes.PaymentFailed => new OrderEvent.PaymentFailed(Reason ?? ""),
        EventTypes.PaymentChecked => new OrderEvent.PaymentChecked(Result ?? throw Field.Missing("data.result")),
        EventTypes.ShipmentCompleted => new OrderEvent.ShipmentCompleted(),
        EventTypes.ShipmentFailed => new OrderEvent.ShipmentFailed(Reason ?? ""),
        EventTypes.RefundCompleted => new OrderEvent.RefundCompleted(Payment(), By),
        EventTypes.RefundFailed => new OrderEvent.RefundFailed(Payment(), Reason ?? "", By),
        EventTypes.OrderAskedLate => new OrderEvent.AskedLate(What ?? throw Field.Missing("data.what")),
        EventTypes.OrderAssessed => new OrderEvent.Assessed(Verdict ?? throw Field.Missing("data.verdict"), By ?? ""),
        EventTypes.OrderTimedOut => new OrderEvent.TimedOut(What ?? throw Field.Missing("data.what")),
        EventTypes.OrderDue => new OrderEvent.Due(),
        EventTypes.OrderResolved => new OrderEvent.Resolved(Outcome ?? throw Field.Missing("data.outcome"), By ?? "", Reason ?? ""),
        EventTypes.OrderDecisionsLost => new OrderEvent.DecisionsLost(Version is >= 1 and <= int.MaxValue ? (int)Version : throw Field.Missing("data.version")),
        _ => throw new EventRefusedException("unknown-type", "The event's type is none that is known."),
    };

    private readonly OrderEvent.Created Created()
    {
        return new OrderEvent.Created(
            Amount ?? throw Field.Missing("data.amount"),
            OptionalCurrency() ?? throw Field.Missing("data.currency"),
            Field.Identifier<Channel>(Channel, "data.channel"),
            ExpiresIn is { } seconds
                ? seconds is >= 1 and <= OrderEvent.Created.MaxExpiresInSeconds
                    ? (int)seconds
                    : throw Field.Invalid("data.expiresIn", $"1 to {OrderEvent.Created.MaxExpiresInSeconds} seconds")
                : throw Field.Missing("data.expiresIn"),
            PaymentRef is { } reference ? Field.Identifier<PaymentReference>(reference, "data.paymentRef") : null,
            CouponCode);
    }

    private readonly PaymentId Payment() => Field.Identifier<PaymentId>(PaymentId, "data.paymentId");

    private readonly Currency? OptionalCurrency() => Currency is null ? null : Field.Identifier<Currency>(Currency, "data.currency");
}
