using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests;

public sealed class AcceptTests
{
    public static TheoryData<string, OrderEvent, string> WhoMaySay { get; } = new()
    {
        { "order.created", Qr(), "M--" },
        { "order.cancelled", Cancel, "M--" },
        { "payment.started", new OrderEvent.PaymentStarted(), "MP-" },
        { "payment.succeeded", Paid(), "MP-" },
        { "payment.failed", new OrderEvent.PaymentFailed("declined"), "MP-" },
        { "payment.checked", Unpaid, "-P-" },
        { "shipment.completed", Out, "M--" },
        { "shipment.failed", Jam, "M--" },
        { "refund.completed", Refunded(), "MP-" },
        { "refund.failed", RefundFailed(), "MP-" },
        { "order.asked-late", new OrderEvent.AskedLate(OrderEvent.AskedLate.Verdict), "--S" },
        { "order.assessed", Assess("approve"), "--S" },
        { "order.timed-out", new OrderEvent.TimedOut("creation"), "--S" },
        { "order.due", new OrderEvent.Due(), "--S" },
    };

    [Theory]
    [MemberData(nameof(WhoMaySay))]
    public void Each_event_is_taken_from_its_sources_only(string type, OrderEvent body, string sources)
    {
        Assert.Equal(type, body.Type);
        foreach (var (source, letter) in new[] { (EventSource.Machine, 'M'), (EventSource.Provider, 'P'), (EventSource.System, 'S') })
        {
            var acceptance = new Scenario().Report(source, 0, body);

            if (sources.Contains(letter, StringComparison.Ordinal))
                Assert.IsType<Acceptance.Accepted>(acceptance);
            else
                Assert.Equal("wrong-source", Reason(acceptance));
        }
    }

    [Fact]
    public void A_repeat_of_an_event_is_ignored()
    {
        var order = new Scenario();
        order.Says(0, Qr(), id: "created");

        Assert.IsType<Acceptance.Ignored>(order.Says(3, Qr(), id: "created"));
        Assert.Single(order.Order.Envelopes);
        Assert.Equal(At(0), order.Order.Envelopes[0].EventTime);
    }

    [Fact]
    public void A_repeat_of_an_id_with_another_content_is_still_a_repeat()
    {
        var order = new Scenario();
        order.Says(0, Qr(), id: "one");

        Assert.IsType<Acceptance.Ignored>(order.Says(1, Cancel, id: "one"));
    }

    [Theory]
    [InlineData(301, "EUR", "qr", 60)]
    [InlineData(300, "USD", "qr", 60)]
    [InlineData(300, "EUR", "cash", 60)]
    [InlineData(300, "EUR", "qr", 61)]
    public void A_second_creation_with_other_terms_is_set_aside(long amount, string currency, string channel, int expiresIn)
    {
        var order = new Scenario();
        order.Says(0, Qr());

        var other = new OrderEvent.Created(amount, Currency.Parse(currency), Channel.Parse(channel), expiresIn);
        Assert.Equal("terms-changed", Reason(order.Says(1, other)));
        Assert.Single(order.Order.Envelopes);
    }

    [Fact]
    public void A_second_creation_with_the_same_terms_is_taken()
    {
        var order = new Scenario();
        order.Says(0, Qr());

        Assert.IsType<Acceptance.Accepted>(order.Says(1, Qr()));
    }

    [Fact]
    public void A_machine_cannot_say_that_a_providers_refund_came_or_failed()
    {
        var order = new Scenario();
        order.Says(0, Qr());

        Assert.Equal("wrong-source", Reason(order.Says(1, Refunded())));
        Assert.Equal("wrong-source", Reason(order.Says(1, RefundFailed())));
        Assert.IsType<Acceptance.Accepted>(order.Provider(1, Refunded()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(OrderEvent.MaxAmount + 1)]
    [InlineData(long.MaxValue)]
    public void An_amount_that_nobody_can_owe_is_set_aside(long amount)
    {
        var order = new Scenario();

        Assert.Equal("invalid-amount", Reason(order.Says(0, Qr(amount))));
        Assert.Equal("invalid-amount", Reason(order.Provider(0, Paid("p1", amount))));
        Assert.Empty(order.Order.Envelopes);
        Assert.Null(order.Order.Due);
    }

    [Fact]
    public void The_largest_and_the_smallest_amount_are_taken()
    {
        Assert.IsType<Acceptance.Accepted>(new Scenario().Says(0, Qr(OrderEvent.MaxAmount, 86_400)));
        Assert.IsType<Acceptance.Accepted>(new Scenario().Says(0, Qr(1, 1)));
        Assert.IsType<Acceptance.Accepted>(new Scenario().Provider(0, Paid("p1", OrderEvent.MaxAmount)));
        Assert.IsType<Acceptance.Accepted>(new Scenario().Provider(0, Paid("p1", 1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(86_401)]
    public void An_expiry_out_of_bounds_is_set_aside(int expiresIn)
    {
        Assert.Equal("invalid-expiry", Reason(new Scenario().Says(0, Qr(300, expiresIn))));
    }

    [Fact]
    public void The_first_verdict_stands_whatever_its_id()
    {
        var order = new Scenario();
        order.System(0, Assess("deny"), "order-1/assessed");

        Assert.IsType<Acceptance.Ignored>(order.System(1, Assess("approve"), "another"));
    }

    [Fact]
    public void A_window_is_over_once_whatever_the_id()
    {
        var order = new Scenario();
        order.System(0, new OrderEvent.TimedOut("refund"), "one");

        Assert.IsType<Acceptance.Ignored>(order.System(1, new OrderEvent.TimedOut("refund"), "another"));
        Assert.IsType<Acceptance.Accepted>(order.System(1, new OrderEvent.TimedOut("provider"), "third"));
    }

    [Fact]
    public void Words_of_the_system_that_the_rules_do_not_know_are_set_aside()
    {
        var order = new Scenario();

        Assert.Equal("unknown-verdict", Reason(order.System(0, Assess("maybe"))));
        Assert.Equal("unknown-window", Reason(order.System(0, new OrderEvent.TimedOut("lunch"))));
        Assert.Equal("unknown-outcome", Reason(order.System(0, Resolve("whatever"))));
        Assert.Equal("not-unresolved", Reason(order.System(0, Resolve("closed"))));
    }

    [Fact]
    public void A_wake_is_applied_and_never_stored()
    {
        var order = new Scenario();
        order.Says(0, Qr());

        Assert.IsType<Acceptance.Accepted>(order.System(1, new OrderEvent.Due()));
        Assert.Single(order.Order.Envelopes);
        Assert.Equal(At(1), order.Order.Clock);
    }

    [Fact]
    public void The_clock_of_an_order_never_runs_backwards()
    {
        var order = new Scenario();
        order.Says(5, Qr());
        order.Says(3, new OrderEvent.PaymentStarted());

        Assert.Equal(At(5), order.Order.Clock);
    }

    internal static string? Reason(Acceptance acceptance) => (acceptance as Acceptance.SetAside)?.Reason;
}
