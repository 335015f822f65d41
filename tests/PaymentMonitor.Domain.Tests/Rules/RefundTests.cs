using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests;

public sealed class RefundTests
{
    [Fact]
    public void A_second_payment_is_given_back_when_its_reports_had_their_time()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid("p1"));
        order.Provider(11, Paid("p2", 250, "USD"), arrives: 12);
        order.RunTo(16.999);
        Assert.Single(order.Decisions);

        order.RunTo(17);
        Assert.Equal(
            new Decision(
                TheOrder, 2, "refund.due", "surplus", At(17),
                Refund: new RefundOrder("machine-1:order-1:p2", PaymentId.Parse("p2"), 250, Currency.Parse("USD"))),
            order.Order.Decisions[^1]);
        Assert.Equal(OrderStatus.ShipmentAllowed, order.Status);
    }

    [Fact]
    public void A_payment_without_a_currency_goes_back_in_the_orders()
    {
        var order = new Scenario { Verdict = "deny" };
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.RunTo(15);

        Assert.Equal(Currency.Parse("EUR"), order.Order.Decisions[^1].Refund!.Currency);
    }

    [Fact]
    public void A_failed_shipment_gives_the_money_back_when_a_success_had_its_time()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid("p1"));
        order.Says(20, Jam, arrives: 21);
        Assert.Equal(OrderStatus.RefundDue, order.Status);
        order.RunTo(25.999);
        Assert.Single(order.Decisions);

        order.RunTo(26);
        Assert.Equal(["shipment.allowed(paid)", "refund.due(shipment-failed) p1"], order.Decisions);
        Assert.Equal(OrderStatus.RefundDue, order.Status);
    }

    [Fact]
    public void A_completed_shipment_beats_a_failed_one_whatever_the_dates()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.Says(20, Jam);
        order.Says(15, Out, arrives: 24);
        order.RunToEnd();

        Assert.Equal(["shipment.allowed(paid)", "trade.completed(shipped)"], order.Decisions);
    }

    [Fact]
    public void After_a_jam_a_later_payment_goes_back_at_its_own_time()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid("p1"));
        order.Says(20, Jam);
        order.Provider(24, Paid("p2"));
        order.RunTo(29);

        Assert.Equal([10, 25, 29], order.DecidedAt);
    }

    [Fact]
    public void A_denied_payment_waits_for_a_jam_to_settle()
    {
        var order = new Scenario { Verdict = "deny" };
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.Says(14, Jam);
        order.RunTo(19);

        Assert.Equal(["trade.closed(denied)", "refund.due(denied) p1"], order.Decisions);
        Assert.Equal([10, 19], order.DecidedAt);
    }

    [Fact]
    public void Money_for_an_order_nobody_created_goes_back_after_the_hold()
    {
        var order = new Scenario();
        order.Provider(10, Paid("p1", 300, "EUR"), arrives: 11);
        order.Provider(12, Paid("p2"));
        order.RunTo(910.999);
        Assert.Empty(order.Decisions);
        Assert.Equal(OrderStatus.Paid, order.Status);

        order.RunTo(911);
        Assert.Equal(["refund.due(unknown-order) p1", "refund.due(unknown-order) p2"], order.Decisions);
        Assert.Equal(["EUR", "XXX"], order.Order.Decisions.Select(d => d.Refund!.Currency.Value));
        Assert.Equal(["creation"], order.WindowsOver);
        Assert.Equal(OrderStatus.Unresolved, order.Status);

        order.Provider(1000, Refunded("p1"));
        Assert.Equal(OrderStatus.Unresolved, order.Status);
        order.Provider(1001, Refunded("p2"));
        Assert.Equal(OrderStatus.Refunded, order.Status);
    }

    [Fact]
    public void A_late_payment_for_an_order_nobody_created_still_has_its_time()
    {
        var order = new Scenario();
        order.Says(0, new OrderEvent.PaymentStarted());
        order.Provider(899, Paid());
        order.RunToEnd();

        Assert.Equal([904], order.DecidedAt);
    }

    [Fact]
    public void Only_the_providers_word_gives_money_back_for_an_order_nobody_created()
    {
        var order = new Scenario();
        order.Says(10, Paid());
        Assert.Equal(OrderStatus.Paid, order.Status);
        order.RunToEnd();

        Assert.Empty(order.Decisions);
        Assert.Equal(OrderStatus.Unresolved, order.Status);
    }

    [Fact]
    public void Nothing_goes_back_while_goods_are_out_and_nothing_is_kept()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid("p1", 200));
        order.Says(12, Out);
        order.RunToEnd();

        Assert.Equal(["trade.closed(underpaid)"], order.Decisions);
        Assert.Equal(OrderStatus.Unresolved, order.Status);

        order.Provider(1000, Paid("p2"));
        order.RunTo(1005);
        Assert.Equal(["trade.closed(underpaid)", "trade.completed(shipped)", "refund.due(surplus) p1"], order.Decisions);
    }

    [Fact]
    public void An_allowed_payment_that_went_back_by_itself_is_replaced_by_the_earliest_full_one()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid("p1"));
        order.Provider(11, Paid("p2", 100));
        order.Provider(12, Paid("p3"));
        order.Provider(13, Paid("p4"));
        order.Provider(14, Refunded("p1"));
        order.RunTo(30);

        Assert.Equal(["shipment.allowed(paid)", "refund.due(surplus) p2", "refund.due(surplus) p4"], order.Decisions);
        Assert.Equal(OrderStatus.ShipmentAllowed, order.Status);
    }

    [Fact]
    public void An_allowed_payment_that_turns_out_short_is_still_kept_for_a_person_to_see()
    {
        var order = new Scenario();
        order.Says(0, Created("card-terminal"));
        order.Says(10, Paid());
        order.Provider(10, Paid("p1", 200), arrives: 11);
        order.RunTo(100);
        Assert.Equal(["shipment.allowed(paid)"], order.Decisions);
        Assert.Equal(OrderStatus.ShipmentAllowed, order.Status);

        order.RunToEnd();
        Assert.Equal(OrderStatus.Unresolved, order.Status);
        Assert.Equal(["shipment"], order.WindowsOver);
    }

    [Fact]
    public void A_payment_is_given_back_once()
    {
        var order = new Scenario { Verdict = "deny" };
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.Provider(30, Paid());
        order.Provider(40, RefundFailed());
        order.RunToEnd();

        Assert.Equal(["trade.closed(denied)", "refund.due(denied) p1"], order.Decisions);
    }

    [Fact]
    public void A_payment_that_came_back_by_itself_is_not_given_back_again()
    {
        var order = new Scenario { Verdict = "deny" };
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.Provider(12, Refunded());
        order.RunToEnd();

        Assert.Equal(["trade.closed(denied)"], order.Decisions);
        Assert.Equal(OrderStatus.Refunded, order.Status);
    }
}
