using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests;

public sealed class CapacityTests
{
    private static readonly OrderEvent Started = new OrderEvent.PaymentStarted();

    [Fact]
    public void A_thousand_events_do_not_grow_an_order()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        for (var i = 0; i < 1000; i++)
            order.Says(1, Started);

        Assert.Equal(32, order.Order.Envelopes.Length);
        Assert.Equal("order-full", AcceptTests.Reason(order.Says(1, Started)));
        Assert.Equal(["order-full"], order.Order.Flags);
    }

    [Fact]
    public void Chatter_shuts_out_nothing_that_decides()
    {
        var order = new Scenario();
        for (var i = 0; i < 100; i++)
            order.Says(0, Started);

        Assert.IsType<Acceptance.Accepted>(order.Says(1, Qr()));
        Assert.IsType<Acceptance.Accepted>(order.Provider(2, Paid()));
        Assert.Equal(OrderStatus.ShipmentAllowed, order.Status);
        Assert.IsType<Acceptance.Accepted>(order.Says(3, Cancel));
        Assert.IsType<Acceptance.Accepted>(order.Says(4, Jam));
        Assert.IsType<Acceptance.Accepted>(order.Provider(70, Unpaid));
        Assert.Equal(OrderStatus.RefundDue, order.Status);
        Assert.IsType<Acceptance.Accepted>(order.Provider(71, Refunded()));
        Assert.Equal(OrderStatus.Refunded, order.Status);
        Assert.IsType<Acceptance.Accepted>(order.Says(72, Out));
        Assert.Equal(OrderStatus.Unresolved, order.Status);
        Assert.IsType<Acceptance.Accepted>(order.System(73, Resolve("closed")));
    }

    [Fact]
    public void Every_payment_taken_in_has_a_place_for_its_return()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        var taken = new List<string>();
        for (var i = 0; i < 100; i++)
        {
            if (order.Provider(100, Paid($"p{i}")) is Acceptance.Accepted)
                taken.Add($"p{i}");
        }

        order.RunTo(200);
        for (var i = 0; i < 100; i++)
            order.Provider(200, RefundFailed("p0"));

        Assert.InRange(taken.Count, 20, 32);
        Assert.All(taken, payment => Assert.IsType<Acceptance.Accepted>(order.Provider(300, Refunded(payment))));
        Assert.Equal(OrderStatus.Refunded, order.Status);
        Assert.Equal(["order-full"], order.Order.Flags);
        Assert.InRange(order.Order.Envelopes.Length, 48, 60);
    }

    [Fact]
    public void The_word_of_the_provider_finds_room_when_early_answers_filled_the_order()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        for (var i = 0; i < 100; i++)
            order.Provider(1, Unpaid);

        Assert.Equal("order-full", AcceptTests.Reason(order.Provider(2, Unpaid)));
        Assert.IsType<Acceptance.Accepted>(order.Provider(66, Unpaid));
        Assert.Equal(OrderStatus.Closed, order.Status);
        Assert.Equal("order-full", AcceptTests.Reason(order.Provider(67, Unpaid)));
    }

    [Fact]
    public void A_payment_told_again_and_again_is_chatter()
    {
        var order = new Scenario();
        order.Says(0, Cash());
        for (var i = 0; i < 100; i++)
            order.Says(1, Paid("p1"));

        Assert.InRange(order.Order.Envelopes.Length, 16, 20);
        Assert.IsType<Acceptance.Accepted>(order.Provider(2, Paid("p1")));
    }

    [Fact]
    public void Chatter_counts_the_places_that_are_kept_for_returns()
    {
        var order = new Scenario { Verdict = null };
        order.Says(0, Qr());
        for (var i = 0; i < 16; i++)
            order.Provider(1, Paid($"p{i}"));

        Assert.Equal("order-full", AcceptTests.Reason(order.Says(1, Started)));
    }

    [Fact]
    public void Payments_and_failed_refunds_leave_the_reserve()
    {
        var paid = new Scenario();
        paid.Says(0, Qr());
        for (var i = 0; i < 100; i++)
            paid.Provider(1, Paid($"p{i}"));

        // With the creation and the verdict: 25 stored, and 23 places for returns.
        Assert.Equal(25, paid.Order.Envelopes.Length);

        var failed = new Scenario();
        failed.Says(0, Qr());
        failed.Provider(1, Paid());
        for (var i = 0; i < 100; i++)
            failed.Provider(1, RefundFailed());

        Assert.Equal(47, failed.Order.Envelopes.Length);
    }

    [Fact]
    public void What_was_said_before_is_chatter()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(1, Paid());
        order.Says(1, Cancel);
        order.Provider(1, Refunded());
        for (var i = 0; i < 100; i++)
            order.Says(2, Started);

        Assert.Equal("order-full", AcceptTests.Reason(order.Says(3, Qr())));
        Assert.Equal("order-full", AcceptTests.Reason(order.Says(3, Cancel)));
        Assert.Equal("order-full", AcceptTests.Reason(order.Provider(3, Refunded())));
        Assert.Equal("order-full", AcceptTests.Reason(order.Provider(3, Refunded("p9"))));
    }

    [Fact]
    public void Not_even_what_decides_goes_beyond_the_last_place()
    {
        var order = new Scenario(OrderOptions.Default with { MaxEnvelopes = 4 });
        order.Says(0, Qr());
        order.Says(1, Cancel);
        order.Says(2, Jam);
        Assert.IsType<Acceptance.Accepted>(order.Says(3, Out));
        Assert.Equal("order-full", AcceptTests.Reason(order.Provider(61, Unpaid)));
        Assert.Equal(4, order.Order.Envelopes.Length);
    }

    [Fact]
    public void The_word_of_the_provider_is_measured_by_the_creation_whatever_is_dated_before_it()
    {
        var order = new Scenario();
        order.Says(5, Qr());
        for (var i = 0; i < 40; i++)
            order.Says(1, Started, arrives: 6);

        Assert.IsType<Acceptance.Accepted>(order.Provider(66, Unpaid));
    }
}
