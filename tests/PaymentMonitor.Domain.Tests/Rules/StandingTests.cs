using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests;

public sealed class StandingTests
{
    private static readonly OrderEvent Started = new OrderEvent.PaymentStarted();
    private static readonly OrderEvent Failed = new OrderEvent.PaymentFailed("declined");

    [Fact]
    public void The_last_of_started_and_failed_by_event_time_says_whether_somebody_is_paying()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        Assert.Equal(OrderStatus.Created, order.Status);
        order.Says(10, Started);
        Assert.Equal(OrderStatus.Paying, order.Status);
        order.Says(20, Failed);
        Assert.Equal(OrderStatus.Created, order.Status);
        order.Says(15, Started, arrives: 22);
        Assert.Equal(OrderStatus.Created, order.Status);
        order.Says(30, Started);
        Assert.Equal(OrderStatus.Paying, order.Status);
    }

    [Fact]
    public void A_completed_order_whose_money_came_back_stays_completed_with_a_flag()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.Says(20, Out);
        order.Provider(30, Refunded());

        Assert.Equal(OrderStatus.Completed, order.Status);
        Assert.Equal(["returned"], order.Order.Flags);
    }

    [Fact]
    public void Goods_that_are_out_while_the_money_is_gone_wait_for_a_person()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.Provider(11, Refunded());
        Assert.Equal(OrderStatus.Unresolved, order.Status);

        order.Says(20, Out);
        Assert.Equal(OrderStatus.Unresolved, order.Status);
    }

    [Fact]
    public void Goods_that_are_out_of_an_open_order_leave_it_open()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(20, Out);
        Assert.Equal(OrderStatus.Created, order.Status);

        order.Provider(70, Unpaid);
        Assert.Equal(OrderStatus.Unresolved, order.Status);
    }

    [Fact]
    public void Goods_that_are_out_of_an_order_whose_creation_came_too_late_wait_for_a_person_or_money()
    {
        var order = new Scenario();
        order.Says(5, Out);
        order.RunToEnd();
        Assert.Equal(OrderStatus.Unresolved, order.Status);

        order.Says(901, Cash(), arrives: 901);
        Assert.Equal(OrderStatus.Unresolved, order.Status);
        order.Says(905, Paid());
        Assert.Equal(OrderStatus.Completed, order.Status);
    }

    [Fact]
    public void Goods_out_after_the_money_was_ordered_back_wait_for_a_person()
    {
        var order = new Scenario();
        order.Provider(10, Paid());
        order.RunTo(920);
        order.Says(2000, Cash(), arrives: 2000);
        Assert.Equal(OrderStatus.Created, order.Status);

        order.Says(2001, Out);
        Assert.Equal(OrderStatus.Unresolved, order.Status);
    }

    [Fact]
    public void Three_failures_of_one_refund_wait_for_a_person()
    {
        var order = new Scenario { Verdict = "deny" };
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.RunTo(15);
        order.Provider(20, RefundFailed());
        order.Provider(30, RefundFailed());
        Assert.Equal(OrderStatus.RefundDue, order.Status);

        order.Provider(40, RefundFailed());
        Assert.Equal(OrderStatus.Unresolved, order.Status);

        order.Provider(50, Refunded());
        Assert.Equal(OrderStatus.Refunded, order.Status);
    }

    [Fact]
    public void A_refund_is_over_when_all_payments_are_back()
    {
        var order = new Scenario { Verdict = "deny" };
        order.Says(0, Qr());
        order.Provider(10, Paid("p1"));
        order.Provider(11, Paid("p2"));
        order.RunTo(20);
        order.Provider(21, Refunded("p1"));
        Assert.Equal(OrderStatus.RefundDue, order.Status);
        order.Provider(22, Refunded("p2"));
        Assert.Equal(OrderStatus.Refunded, order.Status);

        order.Provider(23, Paid("p3"));
        Assert.Equal(OrderStatus.RefundDue, order.Status);
    }

    [Fact]
    public void A_jam_after_a_permission_whose_money_went_back_in_full_is_refunded()
    {
        var order = new Scenario();
        order.Says(0, Cash());
        order.Says(10, Paid());
        order.Says(20, Jam);
        order.RunTo(25);
        order.Says(26, Refunded());

        Assert.Equal(OrderStatus.Refunded, order.Status);
    }

    [Fact]
    public void A_return_of_a_payment_nobody_knows_leaves_a_closed_order_to_a_person()
    {
        var order = new Scenario();
        order.Says(0, Cash());
        order.Provider(10, Refunded("p9"));
        Assert.Equal(OrderStatus.Created, order.Status);
        Assert.Equal(["unknown-return"], order.Order.Flags);

        order.RunToEnd();
        Assert.Equal(["trade.closed(expired)"], order.Decisions);
        Assert.Equal(OrderStatus.Unresolved, order.Status);
    }

    [Fact]
    public void A_payment_that_was_known_by_its_return_first_is_no_money()
    {
        var order = new Scenario();
        order.Says(0, Cash());
        order.Provider(10, Refunded("p1"));
        order.Provider(9, Paid("p1"), arrives: 11);
        order.RunToEnd();

        Assert.Equal(["trade.closed(expired)"], order.Decisions);
        Assert.Equal(OrderStatus.Refunded, order.Status);
        Assert.Empty(order.Order.Flags);
    }

    [Theory]
    [InlineData("completed", OrderStatus.Completed)]
    [InlineData("closed", OrderStatus.Closed)]
    [InlineData("refunded", OrderStatus.Refunded)]
    public void An_operator_ends_an_order_that_waits(string outcome, OrderStatus status)
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.RunToEnd();
        Assert.Equal(OrderStatus.Unresolved, order.Status);

        Assert.IsType<Acceptance.Accepted>(order.System(1000, Resolve(outcome)));
        Assert.Equal(status, order.Status);
        Assert.Equal("not-unresolved", AcceptTests.Reason(order.System(1001, Resolve("closed"))));
    }

    [Fact]
    public void Money_or_goods_heard_of_after_an_operators_word_count_again()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.RunToEnd();
        order.System(1000, Resolve("completed"));

        order.Says(1001, Jam);
        Assert.Equal(OrderStatus.RefundDue, order.Status);
        order.RunToEnd();
        Assert.Equal(OrderStatus.Unresolved, order.Status);
        order.System(200_000, Resolve("closed"));
        Assert.Equal(OrderStatus.Closed, order.Status);
    }

    [Fact]
    public void A_decision_after_an_operators_word_counts_again()
    {
        var order = new Scenario();
        order.Provider(0, Paid("p1"));
        order.RunTo(900);
        order.Provider(1000, Paid("p2"));
        order.System(1001, Resolve("closed"));
        Assert.Equal(OrderStatus.Closed, order.Status);

        order.RunTo(1005);
        Assert.Equal(2, order.Decisions.Length);
        Assert.Equal(OrderStatus.Unresolved, order.Status);
    }

    [Fact]
    public void Two_refunds_that_were_given_up_wait_for_a_person_as_one_does()
    {
        var order = new Scenario { Verdict = OrderEvent.Assessed.Deny };
        order.Says(0, Qr());
        order.Provider(10, Paid());
        order.Provider(10, Paid("p2"));
        order.RunTo(15);
        for (var i = 0; i < 3; i++)
        {
            order.Provider(20 + i, RefundFailed());
            order.Provider(20 + i, RefundFailed("p2"));
        }

        Assert.Equal(OrderStatus.Unresolved, order.Status);
    }
}
