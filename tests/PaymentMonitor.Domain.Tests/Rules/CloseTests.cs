using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests;

public sealed class CloseTests
{
    [Theory]
    [InlineData(0, 65)]
    [InlineData(62, 67)]
    public void An_unpaid_order_expires_after_its_deadline_and_its_arrival(double arrives, double closes)
    {
        var order = new Scenario();
        order.Says(0, Cash(), arrives: arrives);
        order.RunToEnd();

        Assert.Equal(["trade.closed(expired)"], order.Decisions);
        Assert.Equal([closes], order.DecidedAt);
        Assert.Equal(OrderStatus.Closed, order.Status);
    }

    [Fact]
    public void A_payment_within_the_lateness_still_counts()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(60, Paid(), arrives: 64.999);

        Assert.Equal(["shipment.allowed(paid)"], order.Decisions);
    }

    [Fact]
    public void On_a_providers_channel_an_expiry_needs_the_providers_word()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        Assert.False(order.Last.AsksProvider);
        Assert.Equal(At(65), order.Order.Due);

        order.RunTo(65);
        Assert.Empty(order.Decisions);
        Assert.True(order.Last.AsksProvider);

        order.Provider(70, Unpaid);
        Assert.Equal(["trade.closed(expired)"], order.Decisions);
        Assert.Equal([70], order.DecidedAt);
        Assert.False(order.Last.AsksProvider);
        Assert.Equal(OrderStatus.Closed, order.Status);
    }

    [Theory]
    [InlineData(59.999, false)]
    [InlineData(60, true)]
    public void The_providers_word_counts_from_the_deadline_on(double asked, bool counts)
    {
        // Asked for a claim at 10, the provider says unpaid; the customer pays at 30, and the callback is lost.
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(asked, Unpaid, arrives: 64);
        order.RunTo(65);

        Assert.Equal(counts ? ["trade.closed(expired)"] : [], order.Decisions);
        Assert.Equal(!counts, order.Last.AsksProvider);
    }

    [Fact]
    public void Another_answer_of_the_provider_is_not_its_word()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(66, new OrderEvent.PaymentChecked("pending"));

        Assert.Empty(order.Decisions);
        Assert.True(order.Last.AsksProvider);
    }

    [Fact]
    public void A_provider_that_says_paid_after_the_deadline_ends_the_asking_too()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(66, Paid());

        Assert.Equal(["trade.closed(expired)"], order.Decisions);
        Assert.False(order.Last.AsksProvider);
        order.RunTo(71);
        Assert.Equal(["trade.closed(expired)", "refund.due(late) p1"], order.Decisions);
        Assert.Equal([66, 71], order.DecidedAt);
    }

    [Fact]
    public void A_cancel_closes_when_a_payment_from_before_it_had_its_time_to_arrive()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(10, Cancel, arrives: 12);
        order.RunTo(16.999);
        Assert.Empty(order.Decisions);

        order.RunTo(17);
        Assert.Equal(["trade.closed(cancelled)"], order.Decisions);
        Assert.Equal([17], order.DecidedAt);
        Assert.Equal(OrderStatus.Closed, order.Status);
        Assert.Null(order.Order.Due);
    }

    [Fact]
    public void A_payment_from_before_the_cancel_wins()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(10, Cancel);
        order.Provider(9, Paid(), arrives: 14);
        order.RunTo(100);

        Assert.Equal(["shipment.allowed(paid)"], order.Decisions);
    }

    [Fact]
    public void A_payment_after_the_cancel_is_given_back()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(10, Cancel);
        order.Provider(11, Paid(), arrives: 14);
        order.RunTo(19);

        Assert.Equal(["trade.closed(cancelled)", "refund.due(cancelled) p1"], order.Decisions);
        Assert.Equal([15, 19], order.DecidedAt);
    }

    [Fact]
    public void A_short_payment_closes_when_another_had_its_time_to_arrive()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid("p1", 299), arrives: 11);
        order.RunTo(15.999);
        Assert.Empty(order.Decisions);

        order.RunTo(16);
        Assert.Equal(["trade.closed(underpaid)", "refund.due(underpaid) p1"], order.Decisions);
        Assert.Equal(300 - 1, order.Order.Decisions[1].Refund!.Amount);
    }

    [Fact]
    public void A_short_payment_that_came_back_by_itself_closes_nothing()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid("p1", 299));
        order.Provider(11, Refunded());
        order.RunTo(20);
        Assert.Empty(order.Decisions);

        order.RunToEnd();
        Assert.Equal(["trade.closed(expired)"], order.Decisions);
        Assert.Equal(OrderStatus.Refunded, order.Status);
    }

    [Fact]
    public void A_payment_in_another_currency_is_short()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid("p1", 300, "USD"));
        order.RunTo(15);

        Assert.Equal(["trade.closed(underpaid)", "refund.due(underpaid) p1"], order.Decisions);
        Assert.Equal(Currency.Parse("USD"), order.Order.Decisions[1].Refund!.Currency);
    }

    [Fact]
    public void A_failed_shipment_without_permission_closes()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(10, Jam, arrives: 11);
        order.Says(9, Jam, arrives: 12);
        order.RunTo(15.999);
        Assert.Empty(order.Decisions);

        order.RunTo(16);
        Assert.Equal(["trade.closed(shipment-failed)"], order.Decisions);
        Assert.Equal(OrderStatus.Closed, order.Status);
    }

    [Fact]
    public void A_good_payment_that_came_too_late_to_be_allowed_is_stale()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(60, Paid(), arrives: 76);
        Assert.Equal(OrderStatus.Paid, order.Status);
        order.RunTo(80.999);
        Assert.Empty(order.Decisions);

        order.RunTo(81);
        Assert.Equal(["trade.closed(stale)", "refund.due(stale) p1"], order.Decisions);
    }

    [Fact]
    public void A_verdict_that_comes_after_the_last_moment_leaves_the_payment_stale()
    {
        var order = new Scenario(OrderOptions.Default with { AssessmentTimeout = TimeSpan.FromSeconds(30) }) { Verdict = null };
        order.Says(0, Qr());
        order.Provider(60, Paid());
        Assert.Equal(At(75.001), order.Order.Due);
        order.RunTo(80);

        Assert.Equal(["trade.closed(stale)", "refund.due(stale) p1"], order.Decisions);
        Assert.Equal([75.001, 75.001], order.DecidedAt);
    }

    [Fact]
    public void The_soonest_of_several_stale_payments_closes()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(58, Paid("p1"), arrives: 90);
        order.Provider(57, Paid("p2"), arrives: 92);
        order.RunTo(96);

        Assert.Equal(["trade.closed(stale)", "refund.due(stale) p1"], order.Decisions);
        Assert.Equal([95, 95], order.DecidedAt);
    }

    [Fact]
    public void The_cause_whose_time_comes_first_closes()
    {
        var order = new Scenario();
        order.Says(0, Cash(expiresIn: 10));
        order.Says(8, Cancel);
        order.Says(9, Paid("p1", 100));
        order.RunTo(13);
        Assert.Equal(["trade.closed(cancelled)"], order.Decisions);

        order = new Scenario();
        order.Says(0, Cash(expiresIn: 10));
        order.Says(9, Paid("p1", 100));
        order.Says(9.5, Cancel);
        order.RunTo(14);
        Assert.Equal(["trade.closed(underpaid)", "refund.due(underpaid) p1"], order.Decisions);

        order = new Scenario();
        order.Says(0, Cash(expiresIn: 10));
        order.Says(10, Cancel);
        order.Says(10, Jam);
        order.Says(10, Paid("p1", 100));
        order.RunTo(15);
        Assert.Equal("trade.closed(shipment-failed)", order.Decisions[0]);
    }

    [Fact]
    public void Nothing_closes_after_a_permission()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.Says(11, Cancel);
        order.RunToEnd();

        Assert.Equal(["shipment.allowed(paid)"], order.Decisions);
    }

    [Fact]
    public void A_backlog_closes_no_order_whose_payment_waits_in_it()
    {
        // A minute of lag: everything carries its arrival, and the wake stands behind what arrived before it.
        var order = new Scenario();
        order.Says(0, Qr(), arrives: 60);
        order.Provider(10, Paid(), arrives: 70);

        Assert.Equal(["shipment.allowed(paid)"], order.Decisions);
    }
}
