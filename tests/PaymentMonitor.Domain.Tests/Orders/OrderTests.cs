using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests.Orders;

public sealed class OrderTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 0)]
    [InlineData(-1, 0)]
    public void A_confirmation_counts_up_to_what_was_decided(int version, int confirmed)
    {
        Assert.Equal(confirmed, Completed().Confirmed(version).ConfirmedVersion);
    }

    [Fact]
    public void A_confirmation_never_goes_back_and_one_that_is_no_news_changes_nothing()
    {
        var order = Completed().Confirmed(2);

        Assert.Same(order, order.Confirmed(1));
        Assert.Same(order, order.Confirmed(2));
    }

    [Fact]
    public void A_refund_that_is_outstanding_is_known_by_its_own_newest_failure()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.Provider(11, Paid("p2"));
        order.Provider(12, Paid("p3"));
        order.RunTo(17);
        order.Provider(20, RefundFailed("p2"));
        order.Provider(30, RefundFailed("p2"));
        order.Provider(25, RefundFailed("p3"), arrives: 40);
        order.Provider(50, Refunded("p3"));

        var outstanding = Assert.Single(OutstandingRefund.Of(order.Order, OrderOptions.Default));
        Assert.Equal((PaymentId.Parse("p2"), At(16), 2), (outstanding.Refund.PaymentId, outstanding.DueSince, outstanding.Failures));
        Assert.Equal(At(30), outstanding.LastFailureAt);

        order.Provider(60, RefundFailed("p2"));
        Assert.Empty(OutstandingRefund.Of(order.Order, OrderOptions.Default));
    }

    [Fact]
    public void What_is_missing_is_named_and_not_stumbled_over()
    {
        var order = Completed();
        var envelope = order.Envelopes[0];

        Assert.Throws<ArgumentNullException>("order", () => OrderRules.Apply(null!, envelope, OrderOptions.Default));
        Assert.Throws<ArgumentNullException>("envelope", () => OrderRules.Apply(order, null!, OrderOptions.Default));
        Assert.Throws<ArgumentNullException>("options", () => OrderRules.Apply(order, envelope, null!));
        Assert.Throws<ArgumentNullException>("e", () => EventTime.Stamp(null!, EventSource.Machine, Machine, Start, OrderOptions.Default));
        Assert.Throws<ArgumentNullException>("options", () => EventTime.Stamp(envelope.Event, EventSource.Machine, Machine, Start, null!));
        Assert.Throws<ArgumentNullException>("order", () => CouponUse.Of(null!));
        Assert.Throws<ArgumentNullException>("order", () => OrderMoney.Of(null!));
        Assert.Throws<ArgumentNullException>("order", () => OutstandingRefund.Of(null!, OrderOptions.Default));
        Assert.Throws<ArgumentNullException>("options", () => OutstandingRefund.Of(order, null!));
        Assert.Throws<ArgumentNullException>("options", () => Verdicts.Policy(1, null!));
        Assert.Throws<ArgumentNullException>("before", () => OwnLag.Asking(null!, envelope, OrderEvent.AskedLate.Verdict, Start));
        Assert.Throws<ArgumentNullException>("envelope", () => OwnLag.Asking(order, null!, OrderEvent.AskedLate.Verdict, Start));
        Assert.Throws<ArgumentNullException>("order", () => OwnLag.BeforeAsking(null!, envelope, Start, OrderOptions.Default));
        Assert.Throws<ArgumentNullException>("envelope", () => OwnLag.BeforeAsking(order, null!, Start, OrderOptions.Default));
    }

    private static Order Completed()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.Says(20, Out);
        return order.Order;
    }
}
