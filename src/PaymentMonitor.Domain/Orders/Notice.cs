using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>Something business systems are told about an order. Every decision is also a notice, under its own kind.</summary>
/// <param name="N">Counts the notices of an order, from 1.</param>
/// <param name="Payment">The payment it is about, where it is about one and no decision says which.</param>
public sealed record Notice(int N, string Type, DateTimeOffset Time, PaymentId? Payment = null);

/// <summary>The notices that are not decisions.</summary>
public static class NoticeTypes
{
    public const string OrderCreated = "order.created";

    /// <summary>A payment that counts in full is known.</summary>
    public const string OrderPaid = "order.paid";

    /// <summary>A payment came back to the customer; one notice for each.</summary>
    public const string RefundCompleted = "refund.completed";

    /// <summary>The order waits for a person.</summary>
    public const string OrderUnresolved = "order.unresolved";

    /// <summary>The order no longer waits for a person: a later fact settled it, or an operator did.</summary>
    public const string OrderResolved = "order.resolved";
}

/// <summary>What a person should know of an order and no rule needs.</summary>
public static class OrderFlags
{
    /// <summary>A reporter's clock was too far off; the arrival stands in for its event time.</summary>
    public const string Clock = "clock";

    /// <summary>Reports were set aside because the order was full.</summary>
    public const string OrderFull = SetAsideReasons.OrderFull;

    /// <summary>The money that a completed order kept has come back to the customer all the same.</summary>
    public const string Returned = "returned";

    /// <summary>A refund of a completed order's surplus was not answered in its window.</summary>
    public const string RefundOverdue = "refund-overdue";

    /// <summary>A payment came back that nobody had reported.</summary>
    public const string UnknownReturn = "unknown-return";

    /// <summary>The machine has decisions that the store lost in a restore: nothing is decided any more, a person ends the order.</summary>
    public const string DecisionsLost = "decisions-lost";
}

/// <summary>How an operator may end an order, in <see cref="OrderEvent.Resolved.Outcome"/>.</summary>
public static class Resolutions
{
    public const string Completed = "completed";
    public const string Closed = "closed";
    public const string Refunded = "refunded";
}
