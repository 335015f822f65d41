using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Reserves an order's coupon when the order is created. The order then commits or frees it by where it stands; whatever was lost on
/// the way is healed by the end of the reservation.
/// </summary>
public sealed class CouponDesk(ICoupons coupons, TimeProvider time)
{
    /// <summary>By then an order has ended, also one whose provider was silent as long as it may be.</summary>
    private static readonly TimeSpan HoldAfterExpiry = TimeSpan.FromHours(1);

    /// <returns>Null if the order may have the coupon; else what to append behind the order's creation, so that it closes before anyone pays.</returns>
    public async ValueTask<ReportedEvent?> ReserveAsync(OrderKey order, OrderEvent.Created created, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(created);
        var now = time.GetUtcNow();
        var expiresAt = now + TimeSpan.FromSeconds(created.ExpiresInSeconds) + HoldAfterExpiry;
        return await coupons.TryReserveAsync(created.CouponCode!, order, now, expiresAt, cancellationToken)
            ? null
            : Verdicts.Event(order.OrderId, new OrderEvent.Assessed(OrderEvent.Assessed.Deny, "coupon-taken"), now);
    }

    /// <summary>For hosts whose orders and coupons are not one transaction: does what the order's place asks for. Repeating it changes nothing.</summary>
    public async ValueTask SettleAsync(Order order, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(order);
        if (CouponUse.Of(order) is not { } use)
        {
            return;
        }

        var key = new OrderKey(order.MachineId, order.OrderId);
        switch (use.Fate)
        {
            case CouponFate.Committed:
                await coupons.CommitAsync(use.Code, key, cancellationToken);
                break;
            case CouponFate.Released:
                await coupons.ReleaseAsync(use.Code, key, cancellationToken);
                break;
            default:
                break;
        }
    }
}
