using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests;

public sealed class CompleteTests
{
    [Fact]
    public void A_shipped_order_that_is_paid_completes_at_once()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.Says(20, Out, arrives: 21);

        Assert.Equal(["shipment.allowed(paid)", "trade.completed(shipped)"], order.Decisions);
        Assert.Equal([10, 21], order.DecidedAt);
        Assert.Equal(OrderStatus.Completed, order.Status);
        Assert.Equal(PaymentId.Parse("p1"), order.Order.CompletedPayment);
        Assert.Null(order.Order.Due);
    }

    [Fact]
    public void It_completes_without_permission_too()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(20, Out);
        Assert.Empty(order.Decisions);

        order.Provider(70, Paid());
        Assert.Equal(["trade.completed(shipped)"], order.Decisions);
    }

    [Fact]
    public void It_completes_after_a_close_while_the_money_is_free()
    {
        var order = new Scenario { Verdict = "deny" };
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.Says(11, Out);
        order.RunToEnd();

        Assert.Equal(["trade.closed(denied)", "trade.completed(shipped)"], order.Decisions);
        Assert.Equal(OrderStatus.Completed, order.Status);
    }

    [Fact]
    public void The_allowed_payment_is_kept_though_an_earlier_one_turned_up()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid("p1"));
        order.Provider(5, Paid("p2"), arrives: 11);
        order.Says(12, Out);

        Assert.Equal(PaymentId.Parse("p1"), order.Order.CompletedPayment);
    }

    [Fact]
    public void If_the_allowed_payment_went_back_the_earliest_full_one_is_kept()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid("p1"));
        order.Provider(11, Paid("p4", 100));
        order.Provider(13, Paid("p3"));
        order.Provider(13, Paid("p2"));
        order.Provider(14, Refunded("p1"));
        order.Says(14, Out);

        Assert.Equal(PaymentId.Parse("p2"), order.Order.CompletedPayment);
    }

    [Fact]
    public void A_short_payment_does_not_complete()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(20, Out);
        order.Provider(21, Paid("p1", 299));

        Assert.Empty(order.Decisions);
        order.RunToEnd();
        Assert.Equal(["trade.closed(underpaid)"], order.Decisions);
        Assert.Equal(OrderStatus.Unresolved, order.Status);
    }

    [Fact]
    public void An_order_that_nobody_created_does_not_complete()
    {
        var order = new Scenario();
        order.Provider(10, Paid());
        order.Says(20, Out);
        Assert.Equal(OrderStatus.Paid, order.Status);
        order.RunToEnd();

        Assert.Empty(order.Decisions);
        Assert.Equal(OrderStatus.Unresolved, order.Status);

        order.Says(0, Qr(), arrives: 2000);
        Assert.Equal(OrderStatus.Completed, order.Status);
    }

    [Fact]
    public void It_completes_once()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid("p1"));
        order.Says(20, Out);
        order.Says(21, Out);
        order.Provider(22, Paid("p2"));
        order.RunToEnd();

        Assert.Equal(["shipment.allowed(paid)", "trade.completed(shipped)", "refund.due(surplus) p2"], order.Decisions);
        Assert.Equal(OrderStatus.Completed, order.Status);
        Assert.Equal(["refund-overdue"], order.Order.Flags);
    }
}
