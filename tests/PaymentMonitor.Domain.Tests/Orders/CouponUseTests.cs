using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests.Orders;

public sealed class CouponUseTests
{
    private static readonly OrderEvent.Created WithCoupon = Qr() with { CouponCode = "SPRING" };

    [Fact]
    public void An_order_without_a_coupon_uses_none()
    {
        var order = new Scenario();
        order.Says(0, new OrderEvent.PaymentStarted());
        Assert.Null(CouponUse.Of(order.Order));

        order.Says(0, Qr());
        Assert.Null(CouponUse.Of(order.Order));
    }

    [Fact]
    public void A_coupon_is_reserved_while_its_order_may_still_be_paid()
    {
        var order = New();
        Assert.Equal(new CouponUse("SPRING", CouponFate.AsItIs), CouponUse.Of(order.Order));

        order.Says(5, new OrderEvent.PaymentStarted());
        Assert.Equal(CouponFate.AsItIs, Fate(order));
    }

    [Fact]
    public void A_paid_order_has_used_its_coupon()
    {
        var order = New(verdict: null);
        order.Provider(10, Paid());
        Assert.Equal((OrderStatus.Paid, CouponFate.Committed), (order.Status, Fate(order)));

        order.System(10.5, Assess("approve"));
        Assert.Equal((OrderStatus.ShipmentAllowed, CouponFate.Committed), (order.Status, Fate(order)));

        order.Says(20, Out);
        Assert.Equal((OrderStatus.Completed, CouponFate.Committed), (order.Status, Fate(order)));
    }

    [Fact]
    public void A_closed_order_frees_its_coupon_also_while_its_money_is_on_the_way_back()
    {
        var unpaid = New();
        unpaid.Says(5, Cancel);
        unpaid.RunTo(10);
        Assert.Equal((OrderStatus.Closed, CouponFate.Released), (unpaid.Status, Fate(unpaid)));

        var denied = New(verdict: OrderEvent.Assessed.Deny);
        denied.Provider(10, Paid());
        Assert.Equal((OrderStatus.RefundDue, CouponFate.Released), (denied.Status, Fate(denied)));

        denied.RunTo(15);
        denied.Provider(20, Refunded());
        Assert.Equal((OrderStatus.Refunded, CouponFate.Released), (denied.Status, Fate(denied)));
    }

    [Fact]
    public void A_jammed_order_keeps_its_coupon_until_its_money_is_back()
    {
        var order = New();
        order.Provider(10, Paid());
        order.Says(15, Jam);
        order.RunTo(20);
        Assert.Equal((OrderStatus.RefundDue, CouponFate.AsItIs), (order.Status, Fate(order)));

        order.Provider(25, Refunded());
        Assert.Equal((OrderStatus.Refunded, CouponFate.Released), (order.Status, Fate(order)));
    }

    private static Scenario New(string? verdict = OrderEvent.Assessed.Approve)
    {
        var order = new Scenario { Verdict = verdict };
        order.Says(0, WithCoupon);
        return order;
    }

    private static CouponFate Fate(Scenario order) => CouponUse.Of(order.Order)!.Value.Fate;
}
