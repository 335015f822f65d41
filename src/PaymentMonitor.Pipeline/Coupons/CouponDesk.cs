using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Reserves an order's coupon when the order is created. The order then commits or frees it by where it stands; whatever was lost on
/// the way is healed by the end of the reservation.
/// </summary>
public sealed partial class CouponDesk(ICoupons coupons, IOrders orders, CouponMetrics metrics, TimeProvider time, ILogger<CouponDesk> logger)
{
    /// <summary>By then an order has ended, also one whose provider was silent as long as it may be.</summary>
    private static readonly TimeSpan HoldAfterExpiry = TimeSpan.FromHours(1);

    /// <returns>Null if the order may have the coupon; else what to append behind the order's creation, so that it closes before anyone pays.</returns>
    public async ValueTask<ReportedEvent?> ReserveAsync(OrderKey order, OrderEvent.Created created, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(created);
        var now = time.GetUtcNow();
        var expiresAt = now + TimeSpan.FromSeconds(created.ExpiresInSeconds) + HoldAfterExpiry;
        if (!await coupons.TryReserveAsync(created.CouponCode!, order, now, expiresAt, cancellationToken))
        {
            return Verdicts.Event(order.OrderId, new OrderEvent.Assessed(OrderEvent.Assessed.Deny, "coupon-taken"), now);
        }

        // A creation may be repeated long after its order has closed and freed the code. Looked at behind the reservation: a close that
        // comes later than this frees it itself.
        if (await orders.ReadAsync(order, cancellationToken) is { } known && CouponUse.Of(known) is { Fate: CouponFate.Released })
        {
            await coupons.ReleaseAsync(created.CouponCode!, order, cancellationToken);
        }

        return null;
    }

    /// <summary>For hosts whose orders and coupons are not one transaction: does what the order's place asks for. Repeating it changes nothing.</summary>
    /// <param name="before">The order as it stood: what was settled then is not told of again.</param>
    public async ValueTask SettleAsync(Order before, Order order, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(order);
        if (CouponUse.Of(order) is not { } use)
        {
            return;
        }

        var key = new OrderKey(order.MachineId, order.OrderId);
        switch (use.Fate)
        {
            case CouponFate.Committed:
                if (!await coupons.CommitAsync(use.Code, key, cancellationToken) && CouponUse.Of(before) is not { Fate: CouponFate.Committed })
                {
                    Tell(metrics, logger, key);
                }

                break;
            case CouponFate.Released:
                await coupons.ReleaseAsync(use.Code, key, cancellationToken);
                break;
            default:
                break;
        }
    }

    /// <summary>Tells that a paid order's coupon is another's by now. The order stands: it was paid on the terms it was created with.</summary>
    public static void Tell(CouponMetrics metrics, ILogger logger, OrderKey order)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        metrics.Lost();
        Log.Lost(logger, order);
    }

    private static partial class Log
    {
        [LoggerMessage(6121, LogLevel.Warning, "Order {Order} was paid, and its coupon is another order's by now: the code was used twice")]
        internal static partial void Lost(ILogger logger, OrderKey order);
    }
}
