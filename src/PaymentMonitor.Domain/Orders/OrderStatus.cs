namespace PaymentMonitor.Domain;

/// <summary>Where an order stands (rule R9). Completed, Closed, Refunded and Unresolved are ends; a later fact leads out of Unresolved.</summary>
public enum OrderStatus
{
    Created,
    Paying,
    Paid,
    ShipmentAllowed,
    RefundDue,
    Completed,
    Closed,
    Refunded,
    Unresolved,
}
