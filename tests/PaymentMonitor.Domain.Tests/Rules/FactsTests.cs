using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests;

public sealed class FactsTests
{
    [Theory]
    [InlineData(300, null, true)]
    [InlineData(300, "EUR", true)]
    [InlineData(301, "EUR", true)]
    [InlineData(299, "EUR", false)]
    [InlineData(300, "USD", false)]
    public void A_payment_is_full_with_the_amount_and_the_currency_of_the_order(long amount, string? currency, bool isFull)
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid("p1", amount, currency));

        Assert.Equal(isFull ? OrderStatus.ShipmentAllowed : OrderStatus.Created, order.Status);
    }

    [Theory]
    [InlineData(60, true)]
    [InlineData(60.001, false)]
    public void A_payment_exactly_at_the_deadline_is_on_time(double at, bool isOnTime)
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(at, Paid(), arrives: 62);

        Assert.Equal(isOnTime ? OrderStatus.ShipmentAllowed : OrderStatus.Created, order.Status);
    }

    [Theory]
    [InlineData(60, true)]
    [InlineData(60.001, false)]
    public void Within_one_boot_the_spacing_of_the_machines_own_clock_counts(double spacing, bool isOnTime)
    {
        // The creation took long to arrive without a sending time: by arrival the payment would be late or early by two seconds.
        var order = new Scenario();
        order.Says(0, Cash(), arrives: 2, boot: 7);
        order.Says(spacing, Paid(), arrives: 63, boot: 7);

        Assert.Equal(isOnTime ? OrderStatus.ShipmentAllowed : OrderStatus.Created, order.Status);
    }

    [Fact]
    public void A_reboot_between_creation_and_payment_leaves_the_event_times()
    {
        foreach (var boot in new long?[] { null, 8 })
        {
            var order = new Scenario();
            order.Apply(Online(0, 1000, Cash(), boot: 7));
            order.Apply(Online(50, 55, Paid(), boot: boot));

            // The creation's clock was off by more than the bound, so that it counts from its arrival at 1000.
            Assert.Equal(OrderStatus.ShipmentAllowed, order.Status);
        }
    }

    [Fact]
    public void An_unbelievable_clock_is_flagged_and_still_good_within_its_boot()
    {
        var order = new Scenario();
        order.Apply(Online(time: -9000, receivedAt: 0, Cash(), boot: 7));
        order.Apply(Online(time: -8930, receivedAt: 10, Paid(), boot: 7));

        Assert.Equal(["clock"], order.Order.Flags);
        Assert.Equal(OrderStatus.Created, order.Status);
    }

    [Theory]
    [InlineData(9.999, false)]
    [InlineData(10, true)]
    [InlineData(11, true)]
    public void A_cancel_strictly_before_a_payment_blocks_it(double cancelled, bool isGood)
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(cancelled, Cancel, arrives: 11);
        order.Provider(10, Paid(), arrives: 12);

        Assert.Equal(isGood ? OrderStatus.ShipmentAllowed : OrderStatus.Created, order.Status);
    }

    [Theory]
    [InlineData(4, 5, false)]
    [InlineData(6, 5, true)]
    [InlineData(5, 5, true)]
    [InlineData(null, 5, false)]
    [InlineData(4, null, false)]
    public void Within_one_boot_the_machines_count_says_which_was_first(int? cancelSeq, int? paymentSeq, bool isGood)
    {
        var order = new Scenario();
        order.Says(0, Cash(), boot: 7, seq: 1);
        order.Says(10, Cancel, boot: 7, seq: cancelSeq);
        order.Says(11, Paid(), boot: 7, seq: paymentSeq);

        Assert.Equal(isGood ? OrderStatus.ShipmentAllowed : OrderStatus.Created, order.Status);
    }

    [Fact]
    public void The_count_of_another_boot_says_nothing()
    {
        var order = new Scenario();
        order.Says(0, Cash(), boot: 7, seq: 1);
        order.Says(10, Cancel, boot: 7, seq: 9);
        order.Says(11, Paid(), boot: 8, seq: 1);

        Assert.Equal(OrderStatus.Created, order.Status);
    }

    [Fact]
    public void The_earliest_of_several_cancels_counts()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(20, Cancel, arrives: 20);
        order.Says(8, Cancel, arrives: 21);
        order.Provider(10, Paid(), arrives: 22);

        Assert.Equal(OrderStatus.Created, order.Status);
    }

    [Fact]
    public void The_earliest_of_several_creations_counts()
    {
        var order = new Scenario();
        order.Says(10, Cash(), arrives: 11);
        order.Says(0, Cash(), arrives: 12);
        order.RunToEnd();

        Assert.Equal([65], order.DecidedAt);
    }

    [Fact]
    public void The_providers_amount_beats_the_machines_whichever_comes_first()
    {
        foreach (var providerFirst in new[] { true, false })
        {
            var order = new Scenario { Verdict = OrderEvent.Assessed.Deny };
            order.Says(0, Created("card-terminal"));
            if (providerFirst)
                order.Provider(12, Paid("p1", 310));
            order.Says(10, Paid("p1", 320), arrives: 13);
            if (!providerFirst)
                order.Provider(12, Paid("p1", 310), arrives: 14);
            order.RunToEnd();

            Assert.Equal(310, Assert.Single(order.Order.Decisions, d => d.Refund is not null).Refund!.Amount);
        }
    }

    [Fact]
    public void Of_two_reports_of_one_source_the_earlier_one_counts()
    {
        foreach (var earlierFirst in new[] { true, false })
        {
            var order = new Scenario { Verdict = OrderEvent.Assessed.Deny };
            order.Says(0, Qr());
            order.Provider(earlierFirst ? 10 : 11, Paid("p1", earlierFirst ? 310 : 320), arrives: 11);
            order.Provider(earlierFirst ? 11 : 10, Paid("p1", earlierFirst ? 320 : 310), arrives: 12);
            order.RunToEnd();

            Assert.Equal(310, Assert.Single(order.Order.Decisions, d => d.Refund is not null).Refund!.Amount);
        }
    }

    [Fact]
    public void One_report_that_shows_a_payment_on_time_is_enough()
    {
        foreach (var machineFirst in new[] { true, false })
        {
            var order = new Scenario();
            order.Says(0, Created("card-terminal"));
            if (machineFirst)
                order.Says(59, Paid(), arrives: 62);
            order.Provider(61, Paid(), arrives: 63);
            if (!machineFirst)
                order.Says(59, Paid(), arrives: 64);

            Assert.Equal(OrderStatus.ShipmentAllowed, order.Status);
        }
    }

    [Fact]
    public void One_report_from_before_the_cancel_is_enough()
    {
        var order = new Scenario();
        order.Says(0, Created("card-terminal"));
        order.Says(10, Cancel);
        order.Provider(11, Paid(), arrives: 12);
        Assert.Equal(OrderStatus.Created, order.Status);

        order.Says(9, Paid(), arrives: 13);
        Assert.Equal(OrderStatus.ShipmentAllowed, order.Status);
    }

    [Fact]
    public void A_machines_word_on_a_providers_channel_is_a_claim()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(10, Paid());

        Assert.Equal(OrderStatus.Paying, order.Status);
        Assert.True(order.Last.AsksProvider);
        Assert.False(order.Last.AsksVerdict);
    }

    [Theory]
    [InlineData("cash")]
    [InlineData("card-terminal")]
    public void A_machines_word_counts_on_the_channels_it_controls(string channel)
    {
        var order = new Scenario();
        order.Says(0, Created(channel));
        order.Says(10, Paid());

        Assert.Equal(OrderStatus.ShipmentAllowed, order.Status);
        Assert.False(order.Last.AsksProvider);
    }

    [Fact]
    public void A_refund_by_the_machine_counts_on_the_channels_it_controls()
    {
        var order = new Scenario();
        order.Says(0, Cash());
        order.Says(70, Paid());
        order.RunTo(80);
        Assert.Equal(OrderStatus.RefundDue, order.Status);

        order.Says(81, Refunded());
        Assert.Equal(OrderStatus.Refunded, order.Status);
    }

    [Fact]
    public void A_refund_by_the_machine_before_the_channel_was_known_does_not_count_on_a_providers()
    {
        var order = new Scenario();
        Assert.IsType<Acceptance.Accepted>(order.Says(70, Refunded()));
        order.Says(0, Qr(), arrives: 70);
        order.Provider(69, Paid(), arrives: 71);
        order.RunTo(80);

        Assert.Equal(OrderStatus.RefundDue, order.Status);
    }

    [Fact]
    public void A_provider_may_say_paid_on_a_channel_that_the_machine_controls()
    {
        var order = new Scenario();
        order.Says(0, Cash());
        order.Provider(10, Paid());

        Assert.Equal(OrderStatus.ShipmentAllowed, order.Status);
    }

    private static Envelope Online(double time, double receivedAt, OrderEvent body, long? boot)
    {
        var e = new ReportedEvent(EventId.Parse($"online-{time}"), TheOrder, body, At(time), Boot: boot);
        return EventTime.Stamp(e, EventSource.Machine, Machine, At(receivedAt), OrderOptions.Default);
    }
}
