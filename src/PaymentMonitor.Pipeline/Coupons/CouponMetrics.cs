using System.Diagnostics.Metrics;

namespace PaymentMonitor.Pipeline;

/// <summary>Counts paid orders whose coupon another order holds: the code was used twice, and a person should know.</summary>
public sealed class CouponMetrics
{
    private readonly Counter<long> _lost;

    public CouponMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        _lost = meters.Create(Telemetry.Meter).CreateCounter<long>(
            "paymentmonitor.coupons.lost", "{order}", "Paid orders whose coupon another order held by then, because the reservation had run out.");

        // What was never counted cannot be seen to grow.
        _lost.Add(0);
    }

    public void Lost() => _lost.Add(1);
}
