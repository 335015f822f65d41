using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests.Proofs;

/// <summary>The smallest histories behind the recorded decisions about the rules: each shows what would go wrong, or what may differ.</summary>
public sealed class KnownHolesTests
{
    [Fact]
    public void An_answer_from_before_the_deadline_does_not_expire_an_order_that_was_paid_after_it()
    {
        // A claim is asked about at 10: unpaid. The customer pays at 30, and the provider's callback is lost.
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(9, Paid());
        order.Provider(10, Unpaid);
        order.RunTo(65);

        Assert.Empty(order.Decisions);
        Assert.True(order.Last.AsksProvider);

        order.Provider(30, Paid(), arrives: 67);
        Assert.Equal(["shipment.allowed(paid)"], order.Decisions);
    }

    [Theory]
    [InlineData(66, OrderStatus.Completed)]
    [InlineData(71, OrderStatus.Unresolved)]
    public void Goods_dispensed_without_permission_on_an_expired_order_end_by_their_arrival(double arrives, OrderStatus status)
    {
        var order = new Scenario();
        order.Says(0, Cash());
        order.Provider(63, Paid());
        order.Says(66, Out, arrives: arrives);

        Assert.Equal(status, order.Status);
    }

    [Theory]
    [InlineData(14, OrderStatus.Completed)]
    [InlineData(19, OrderStatus.Unresolved)]
    public void Goods_dispensed_after_the_machine_said_that_they_were_stuck_end_by_their_arrival(double arrives, OrderStatus status)
    {
        var order = new Scenario();
        order.Says(0, Cash());
        order.Says(9, Paid());
        order.Says(13, Jam);
        order.RunTo(arrives);
        order.Says(14, Out, arrives: arrives);

        Assert.Equal(status, order.Status);
    }

    [Fact]
    public void A_flood_of_chatter_does_not_shut_out_the_money()
    {
        var order = new Scenario();
        order.Says(0, Cash());
        for (var i = 0; i < 100; i++)
            order.Says(1, new OrderEvent.PaymentStarted());

        Assert.IsType<Acceptance.Accepted>(order.Says(2, Paid()));
        Assert.Equal(["shipment.allowed(paid)"], order.Decisions);
    }

    [Fact]
    public void An_allowed_payment_that_turns_out_short_waits_for_a_person_and_not_for_a_refund_that_never_comes()
    {
        var order = new Scenario();
        order.Says(0, Created("card-terminal"));
        order.Says(9, Paid());
        order.Provider(9, Paid("p1", 200), arrives: 10);
        order.RunToEnd();

        Assert.Equal(OrderStatus.Unresolved, order.Status);
    }
}
