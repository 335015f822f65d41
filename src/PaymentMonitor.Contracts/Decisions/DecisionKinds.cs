namespace PaymentMonitor.Contracts;

public static class DecisionKinds
{
    public const string ShipmentAllowed = "shipment.allowed";
    public const string TradeClosed = "trade.closed";
    public const string TradeCompleted = "trade.completed";
    public const string RefundDue = "refund.due";
}
