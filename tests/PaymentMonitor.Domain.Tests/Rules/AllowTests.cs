using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests;

public sealed class AllowTests
{
    [Fact]
    public void A_good_payment_allows_the_shipment_at_once_for_a_minute()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid(), arrives: 12);

        var allow = Assert.Single(order.Order.Decisions);
        Assert.Equal(
            new Decision(TheOrder, 1, "shipment.allowed", "paid", At(12), At(72)),
            allow);
        Assert.Equal(PaymentId.Parse("p1"), order.Order.AllowedPayment);
        Assert.Equal(OrderStatus.ShipmentAllowed, order.Status);
    }

    [Fact]
    public void A_payment_that_arrives_before_its_order_waits_for_it()
    {
        var order = new Scenario();
        order.Provider(10, Paid());
        Assert.Equal(OrderStatus.Paid, order.Status);
        Assert.Empty(order.Decisions);

        order.Says(0, Qr(), arrives: 12);
        Assert.Equal(["shipment.allowed(paid)"], order.Decisions);
    }

    [Fact]
    public void The_earliest_good_payment_is_the_one_allowed()
    {
        var order = new Scenario();
        order.Provider(12, Paid("p1"));
        order.Provider(11, Paid("p3"), arrives: 13);
        order.Provider(11, Paid("p2"), arrives: 14);
        order.Provider(10, Paid("p0", 100), arrives: 14);
        order.Says(0, Qr(), arrives: 15);

        Assert.Equal(PaymentId.Parse("p2"), order.Order.AllowedPayment);
    }

    [Fact]
    public void The_verdict_is_asked_once_when_it_is_first_needed()
    {
        var order = new Scenario { Verdict = null };
        order.Says(0, Qr());
        Assert.False(order.Last.AsksVerdict);

        order.Provider(10, Paid());
        Assert.True(order.Last.AsksVerdict);
        Assert.Equal(At(10), order.Order.VerdictAskedAt);
        Assert.Equal(At(11), order.Order.Due);

        order.Provider(10.5, Paid("p2"));
        Assert.False(order.Last.AsksVerdict);
        Assert.Equal(At(11), order.Order.Due);
        Assert.Equal(OrderStatus.Paid, order.Status);
    }

    [Fact]
    public void The_policy_stands_in_for_a_verdict_that_does_not_come()
    {
        var order = new Scenario { Verdict = null };
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.RunTo(11);

        Assert.Equal(["shipment.allowed(paid)"], order.Decisions);
        Assert.Equal([11], order.DecidedAt);
        var assessed = order.Order.Envelopes[^1];
        Assert.Equal("order-1/assessed", assessed.Event.Id.Value);
        Assert.Equal(new OrderEvent.Assessed("approve", "policy"), assessed.Event.Body);
        Assert.Equal(EventSource.System, assessed.Source);
    }

    [Theory]
    [InlineData(300, "shipment.allowed(paid)")]
    [InlineData(299, "trade.closed(denied)")]
    public void The_policy_approves_up_to_its_amount(long upTo, string decision)
    {
        var order = new Scenario(OrderOptions.Default with { PolicyApprovesUpTo = upTo }) { Verdict = null };
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.RunTo(11);

        Assert.Equal([decision], order.Decisions);
    }

    [Fact]
    public void A_verdict_that_comes_after_the_policys_is_a_repeat()
    {
        var order = new Scenario { Verdict = null };
        order.Says(0, Qr());
        order.Provider(10, Paid());

        Assert.IsType<Acceptance.Ignored>(order.System(12, Assess("deny"), "order-1/assessed"));
        Assert.Equal(["shipment.allowed(paid)"], order.Decisions);
    }

    [Fact]
    public void A_denial_closes_the_trade_at_once()
    {
        var order = new Scenario { Verdict = "deny" };
        order.Says(0, Qr());
        order.Provider(10, Paid());

        Assert.Equal(["trade.closed(denied)"], order.Decisions);
        Assert.Equal([10], order.DecidedAt);
        order.RunTo(15);
        Assert.Equal(["trade.closed(denied)", "refund.due(denied) p1"], order.Decisions);
    }

    [Fact]
    public void A_denial_closes_the_trade_before_anyone_pays()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.System(1, Assess("deny"));
        Assert.Equal(["trade.closed(denied)"], order.Decisions);
        Assert.Equal([1], order.DecidedAt);
        Assert.Equal(OrderStatus.Closed, order.Status);

        // Whoever pays all the same gets the money back, and nobody is asked again.
        order.Provider(10, Paid());
        order.RunTo(15);
        Assert.Equal(["trade.closed(denied)", "refund.due(denied) p1"], order.Decisions);
        Assert.Equal(0, order.VerdictsAsked);
    }

    [Fact]
    public void A_denial_that_is_known_before_its_order_closes_it_as_it_comes()
    {
        var order = new Scenario();
        order.System(1, Assess("deny"));
        Assert.Empty(order.Decisions);

        order.Says(2, Qr());
        Assert.Equal(["trade.closed(denied)"], order.Decisions);
    }

    [Fact]
    public void A_denial_takes_no_permission_back()
    {
        var order = new Scenario { Verdict = "approve" };
        order.Says(0, Qr());
        order.Provider(10, Paid());

        Assert.IsType<Acceptance.Ignored>(order.System(11, Assess("deny")));
        order.RunTo(20);
        Assert.Equal(["shipment.allowed(paid)"], order.Decisions);
    }

    [Fact]
    public void Goods_that_are_out_are_paid_for_although_their_order_was_denied()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(1, Out);
        order.System(2, Assess("deny"));
        Assert.Empty(order.Decisions);

        order.Provider(10, Paid());
        Assert.Equal(["trade.completed(shipped)"], order.Decisions);
    }

    [Theory]
    [InlineData(75, true)]
    [InlineData(75.001, false)]
    public void A_good_payment_may_be_allowed_until_fifteen_seconds_after_the_deadline(double arrives, bool isAllowed)
    {
        var order = new Scenario();
        order.Provider(10, Paid());
        order.Says(0, Qr(), arrives: arrives);

        Assert.Equal(isAllowed ? ["shipment.allowed(paid)"] : ["trade.closed(stale)", "refund.due(stale) p1"], order.Decisions);
        Assert.Equal(isAllowed ? 1 : 0, order.VerdictsAsked);
    }

    [Fact]
    public void Goods_that_are_out_or_stuck_are_not_allowed_again()
    {
        foreach (var (shipment, decision) in new[] { (Out, "trade.completed(shipped)"), (Jam, "trade.closed(shipment-failed)") })
        {
            var order = new Scenario();
            order.Says(0, Qr());
            order.Says(9, shipment);
            order.Provider(10, Paid());
            order.RunTo(14);

            Assert.Equal([decision], order.Decisions);
            Assert.Equal(0, order.VerdictsAsked);
        }
    }

    [Fact]
    public void A_second_payment_is_not_allowed_a_second_time()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid("p1"));
        order.Provider(11, Paid("p2"));

        Assert.Equal(["shipment.allowed(paid)"], order.Decisions);
    }
}
