namespace PaymentMonitor.Contracts;

/// <summary>The names of events on the wire.</summary>
public static class EventTypes
{
    public const string OrderCreated = "order.created";
    public const string OrderCancelled = "order.cancelled";
    public const string PaymentStarted = "payment.started";
    public const string PaymentSucceeded = "payment.succeeded";
    public const string PaymentFailed = "payment.failed";
    public const string PaymentChecked = "payment.checked";
    public const string ShipmentCompleted = "shipment.completed";
    public const string ShipmentFailed = "shipment.failed";
    public const string RefundCompleted = "refund.completed";
    public const string RefundFailed = "refund.failed";

    public const string OrderAskedLate = "order.asked-late";
    public const string OrderAssessed = "order.assessed";
    public const string OrderTimedOut = "order.timed-out";
    public const string OrderDue = "order.due";
    public const string OrderResolved = "order.resolved";
    public const string OrderDecisionsLost = "order.decisions-lost";
}
