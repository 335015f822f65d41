using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests;

public sealed class WindowsTests
{
    [Fact]
    public void An_order_nobody_creates_is_held_from_its_first_arrival()
    {
        var order = new Scenario();
        order.Says(0, new OrderEvent.PaymentStarted(), arrives: 4);
        order.Says(5, Cancel);
        order.RunTo(903.999);
        Assert.Equal(OrderStatus.Paying, order.Status);

        order.RunTo(904);
        Assert.Equal(["creation"], order.WindowsOver);
        Assert.Equal(OrderStatus.Unresolved, order.Status);
        Assert.Null(order.Order.Due);

        var over = order.Order.Envelopes[^1];
        Assert.Equal("order-1/timed-out/creation", over.Event.Id.Value);
        Assert.Equal((EventSource.System, At(904), At(904), At(904)), (over.Source, over.ReceivedAt, over.EventTime, over.Event.Time));
    }

    [Fact]
    public void A_creation_at_the_last_moment_is_in_time()
    {
        var order = new Scenario();
        order.Says(0, new OrderEvent.PaymentStarted());
        order.Says(899, Cash(), arrives: 900);

        Assert.Empty(order.WindowsOver);
        Assert.Equal(OrderStatus.Paying, order.Status);
    }

    [Fact]
    public void A_creation_after_the_hold_leads_out_of_waiting()
    {
        var order = new Scenario();
        order.Says(0, new OrderEvent.PaymentStarted());
        order.RunToEnd();
        order.Says(0, Cash(), arrives: 1000);

        Assert.Equal(OrderStatus.Paying, order.Status);
        order.RunToEnd();
        Assert.Equal(OrderStatus.Closed, order.Status);
    }

    [Fact]
    public void A_permission_that_nobody_answers_waits_for_a_person()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid());
        Assert.Equal(At(130), order.Order.Due);
        order.RunToEnd();

        Assert.Equal(["shipment"], order.WindowsOver);
        Assert.Equal(OrderStatus.Unresolved, order.Status);

        order.Says(20, Out, arrives: 5000);
        Assert.Equal(OrderStatus.Completed, order.Status);
    }

    [Fact]
    public void A_permission_that_was_answered_has_no_window()
    {
        foreach (var shipment in new[] { Out, Jam })
        {
            var order = new Scenario();
            order.Says(0, Qr());
            order.Provider(10, Paid());
            order.Says(20, shipment);
            order.RunTo(1000);

            Assert.Empty(order.WindowsOver);
        }
    }

    [Fact]
    public void A_refund_that_nobody_answers_waits_for_a_person()
    {
        var order = new Scenario { Verdict = "deny" };
        order.Says(0, Qr());
        order.Provider(10, Paid("p1"));
        order.Provider(100, Paid("p2"));
        order.RunTo(105);
        order.Provider(200, Refunded("p2"));
        order.RunTo(86_414.999);
        Assert.Equal(OrderStatus.RefundDue, order.Status);

        order.RunTo(86_415);
        Assert.Equal(["refund"], order.WindowsOver);
        Assert.Equal(OrderStatus.Unresolved, order.Status);

        order.Provider(90_000, Refunded("p1"));
        Assert.Equal(OrderStatus.Refunded, order.Status);
    }

    [Fact]
    public void The_last_unanswered_refund_opens_the_window()
    {
        var order = new Scenario { Verdict = "deny" };
        order.Says(0, Qr());
        order.Provider(10, Paid("p1"));
        order.Provider(100, Paid("p2"));
        order.RunTo(86_504);
        Assert.Empty(order.WindowsOver);

        order.RunTo(86_505);
        Assert.Equal(["refund"], order.WindowsOver);
    }

    [Fact]
    public void A_provider_that_stays_silent_for_a_quarter_of_an_hour_leaves_the_order_to_a_person()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.RunTo(964.999);
        Assert.Empty(order.WindowsOver);
        Assert.True(order.Last.AsksProvider);

        order.RunTo(965);
        Assert.Equal(["provider"], order.WindowsOver);
        Assert.Equal(OrderStatus.Unresolved, order.Status);
        Assert.False(order.Last.AsksProvider);
        Assert.Null(order.Order.Due);

        order.Provider(2000, Unpaid);
        Assert.Equal(OrderStatus.Closed, order.Status);
    }

    [Fact]
    public void A_claim_is_asked_about_until_the_provider_denies_it()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(10, Paid());
        Assert.True(order.Last.AsksProvider);

        order.Provider(9, Unpaid, arrives: 11);
        Assert.True(order.Last.AsksProvider);

        order.Provider(10, Unpaid, arrives: 12);
        Assert.False(order.Last.AsksProvider);

        order.RunTo(65);
        Assert.True(order.Last.AsksProvider);
    }

    [Fact]
    public void A_claim_that_the_provider_confirms_needs_no_more_asking()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(10, Paid());
        order.Provider(11, Paid());

        Assert.False(order.Last.AsksProvider);
        Assert.Equal(OrderStatus.ShipmentAllowed, order.Status);
    }

    [Fact]
    public void A_closed_order_asks_about_no_claim()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(5, Paid());
        Assert.True(order.Last.AsksProvider);

        order.Says(6, Cancel);
        order.RunTo(11);
        Assert.Equal(["trade.closed(cancelled)"], order.Decisions);
        Assert.False(order.Last.AsksProvider);
    }

    [Fact]
    public void Two_claims_are_asked_about_as_one_is()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(5, Paid("p1"));
        order.Says(6, Paid("p2"));

        Assert.True(order.Last.AsksProvider);
    }
}
