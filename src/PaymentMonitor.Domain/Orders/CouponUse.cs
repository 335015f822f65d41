using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>The coupon that an order was created with, and what is to become of it.</summary>
public readonly record struct CouponUse(string Code, CouponFate Fate)
{
    /// <returns>Null for an order without a coupon.</returns>
    public static CouponUse? Of(Order order)
    {
        ArgumentNullException.ThrowIfNull(order);
        foreach (var envelope in order.Envelopes)
        {
            if (envelope.Event.Body is OrderEvent.Created created)
                return created.CouponCode is { } code ? new CouponUse(code, FateOf(order)) : null;
        }

        return null;
    }

    // Paid for, it is used; without goods and without money it is the customer's again.
    private static CouponFate FateOf(Order order)
    {
        return order.Status switch
        {
            OrderStatus.Paid or OrderStatus.ShipmentAllowed or OrderStatus.Completed => CouponFate.Committed,
            OrderStatus.Closed or OrderStatus.Refunded => CouponFate.Released,
            OrderStatus.RefundDue when IsClosed(order) => CouponFate.Released,
            _ => CouponFate.AsItIs,
        };
    }

    private static bool IsClosed(Order order)
    {
        foreach (var decision in order.Decisions)
        {
            if (decision.Kind == DecisionKinds.TradeClosed)
                return true;
        }

        return false;
    }
}

public enum CouponFate
{
    /// <summary>Reserved, or whatever it was before.</summary>
    AsItIs,

    Committed,

    Released,
}
