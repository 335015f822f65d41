namespace PaymentMonitor.Domain;

/// <summary>Why a decision was made: <see cref="Contracts.Decision.Reason"/>.</summary>
public static class Reasons
{
    public const string Paid = "paid";
    public const string Shipped = "shipped";

    public const string Denied = "denied";
    public const string ShipmentFailed = "shipment-failed";
    public const string Stale = "stale";
    public const string Expired = "expired";
    public const string Cancelled = "cancelled";
    public const string Underpaid = "underpaid";

    public const string Surplus = "surplus";
    public const string Late = "late";
    public const string UnknownOrder = "unknown-order";
}
