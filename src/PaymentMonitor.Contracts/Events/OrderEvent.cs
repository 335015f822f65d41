namespace PaymentMonitor.Contracts;

/// <summary>
/// What happened to an order. The first group is reported by machines and payment providers; the second is recorded by the
/// system itself. Amounts are integer minor units, above zero and at most <see cref="MaxAmount"/>.
/// </summary>
public abstract record OrderEvent
{
    /// <summary>The largest amount that is believed: a million million minor units. Anything above is a fault, not a sale.</summary>
    public const long MaxAmount = 1_000_000_000_000;

    private OrderEvent()
    {
    }

    /// <summary>The dotted name on the wire.</summary>
    public abstract string Type { get; }

    /// <param name="Amount">Net: what the customer pays.</param>
    /// <param name="ExpiresInSeconds">How long after its creation the order may be paid: 1 to 86,400 seconds.</param>
    public sealed record Created(
        long Amount, Currency Currency, Channel Channel, int ExpiresInSeconds, PaymentReference? PaymentRef = null, string? CouponCode = null) : OrderEvent
    {
        public const int MaxExpiresInSeconds = 86_400;

        public override string Type => EventTypes.OrderCreated;
    }

    public sealed record Cancelled : OrderEvent
    {
        public override string Type => EventTypes.OrderCancelled;
    }

    public sealed record PaymentStarted : OrderEvent
    {
        public override string Type => EventTypes.PaymentStarted;
    }

    /// <param name="Currency">Absent: the order's.</param>
    public sealed record PaymentSucceeded(PaymentId PaymentId, long Amount, Currency? Currency = null) : OrderEvent
    {
        public override string Type => EventTypes.PaymentSucceeded;
    }

    public sealed record PaymentFailed(string Reason) : OrderEvent
    {
        public override string Type => EventTypes.PaymentFailed;
    }

    /// <summary>The provider's answer when it was asked about an order.</summary>
    /// <param name="Result"><c>unpaid</c> is the one result that decides something.</param>
    public sealed record PaymentChecked(string Result) : OrderEvent
    {
        public const string Unpaid = "unpaid";

        public override string Type => EventTypes.PaymentChecked;
    }

    public sealed record ShipmentCompleted : OrderEvent
    {
        public override string Type => EventTypes.ShipmentCompleted;
    }

    public sealed record ShipmentFailed(string Reason) : OrderEvent
    {
        public override string Type => EventTypes.ShipmentFailed;
    }

    /// <param name="By">The business system that made the refund and reports it; null where the provider or a machine did.</param>
    public sealed record RefundCompleted(PaymentId PaymentId, string? By = null) : OrderEvent
    {
        public override string Type => EventTypes.RefundCompleted;
    }

    /// <param name="By">As in <see cref="RefundCompleted"/>.</param>
    public sealed record RefundFailed(PaymentId PaymentId, string Reason, string? By = null) : OrderEvent
    {
        public override string Type => EventTypes.RefundFailed;
    }

    /// <summary>
    /// Somebody was asked about the order later than it came to need the answer, because the log was behind: <c>time</c> is when
    /// the answer was needed, <c>sentAt</c> when it was asked for.
    /// </summary>
    /// <param name="What">Whose answer: <c>verdict</c> or <c>provider</c>.</param>
    public sealed record AskedLate(string What) : OrderEvent
    {
        public const string Verdict = "verdict";
        public const string Provider = "provider";

        public override string Type => EventTypes.OrderAskedLate;
    }

    /// <summary>The risk verdict, recorded so that a replay agrees with what was decided live.</summary>
    /// <param name="Verdict"><c>approve</c> or <c>deny</c>.</param>
    /// <param name="By">Who gave it: a risk source, or <c>policy</c> where none answered in time.</param>
    public sealed record Assessed(string Verdict, string By) : OrderEvent
    {
        public const string Approve = "approve";
        public const string Deny = "deny";

        public override string Type => EventTypes.OrderAssessed;
    }

    /// <summary>A window that is over, recorded once.</summary>
    /// <param name="What"><c>creation</c>, <c>shipment</c>, <c>refund</c> or <c>provider</c>.</param>
    public sealed record TimedOut(string What) : OrderEvent
    {
        public override string Type => EventTypes.OrderTimedOut;
    }

    /// <summary>A wake: it carries nothing but its arrival, and is not stored with the order.</summary>
    public sealed record Due : OrderEvent
    {
        public override string Type => EventTypes.OrderDue;
    }

    /// <summary>An operator ended an order that waited for a person.</summary>
    public sealed record Resolved(string Outcome, string By, string Reason) : OrderEvent
    {
        public override string Type => EventTypes.OrderResolved;
    }

    /// <summary>The machine has decisions that the store has not: they were made, told, and lost with a restore.</summary>
    /// <param name="Version">The highest that the machine confirmed.</param>
    public sealed record DecisionsLost(int Version) : OrderEvent
    {
        public override string Type => EventTypes.OrderDecisionsLost;
    }
}
