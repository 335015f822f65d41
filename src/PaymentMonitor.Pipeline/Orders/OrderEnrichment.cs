using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>What goes before and after the steps of an order in a host that is one of several: reference data that others change, coupons that are another document, verdicts that take a call.</summary>
public sealed class OrderEnrichment(RiskRegistry risk, RiskReview review, CouponDesk coupons)
{
    /// <summary>A kill switch that another instance threw counts here after this at the latest.</summary>
    private static readonly TimeSpan RiskMaxAge = TimeSpan.FromSeconds(10);

    public ValueTask PrepareAsync(CancellationToken cancellationToken) => risk.RefreshAsync(RiskMaxAge, cancellationToken);

    /// <summary>Repeating it, after a step that has to be tried again, changes nothing.</summary>
    public async ValueTask FollowAsync(Order before, Order order, CancellationToken cancellationToken)
    {
        await coupons.SettleAsync(before, order, cancellationToken);
        if (RiskReview.IsAsked(before, order))
        {
            await review.ReviewAsync(order, cancellationToken);
        }
    }
}
