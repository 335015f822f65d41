using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests;

/// <summary>The store was restored to an earlier moment, and the machine has decisions that it has not.</summary>
public sealed class DecisionsLostTests
{
    [Fact]
    public void Nothing_is_decided_any_more_and_a_person_is_called()
    {
        var order = new Scenario();
        order.Says(0, Cash());

        Lost(order, 10, version: 2);
        order.Says(11, Paid());
        order.Says(12, new OrderEvent.ShipmentCompleted());
        order.RunTo(100_000);

        Assert.Empty(order.Decisions);
        Assert.Equal(OrderStatus.Unresolved, order.Status);
        Assert.Contains(OrderFlags.DecisionsLost, order.Order.Flags);
        Assert.Contains(NoticeTypes.OrderUnresolved, order.NoticesTold);
    }

    [Fact]
    public void An_order_of_which_nothing_else_is_left_waits_for_a_person_too()
    {
        var order = new Scenario();

        Lost(order, 0, version: 1);
        order.Says(1, Cash());
        order.Says(2, Paid());

        Assert.Empty(order.Decisions);
        Assert.Equal(OrderStatus.Unresolved, order.Status);
    }

    [Fact]
    public void What_the_store_has_after_all_changes_nothing()
    {
        var order = new Scenario();
        order.Says(0, Cash());
        order.Says(1, Paid());
        Assert.Equal(1, order.Order.Version);

        Lost(order, 2, version: 1);

        Assert.IsType<Acceptance.Ignored>(order.Last.Acceptance);
        Assert.Equal(OrderStatus.ShipmentAllowed, order.Status);
    }

    [Fact]
    public void The_provider_is_neither_asked_nor_told_to_pay_back()
    {
        var order = new Scenario();
        order.Says(0, Qr() with { PaymentRef = PaymentReference.Parse("ref-1") });
        order.Says(1, Paid());
        Assert.NotEqual(ProviderErrands.None, order.Order.Errands);

        Lost(order, 2, version: 3);

        Assert.Equal(ProviderErrands.None, order.Order.Errands);
    }

    [Fact]
    public void A_person_ends_it()
    {
        var order = new Scenario();
        order.Says(0, Cash());
        Lost(order, 10, version: 2);

        Apply(order, 20, new OrderEvent.Resolved(Resolutions.Completed, "anna", "The machine has sold it."));

        Assert.Equal(OrderStatus.Completed, order.Status);
    }

    [Fact]
    public void A_machine_cannot_say_it_as_an_event()
    {
        var order = new Scenario();
        order.Says(0, Cash());

        order.Says(1, new OrderEvent.DecisionsLost(5));

        Assert.Equal(SetAsideReasons.WrongSource, Assert.IsType<Acceptance.SetAside>(order.Last.Acceptance).Reason);
    }

    private static void Lost(Scenario order, double at, int version) => Apply(order, at, new OrderEvent.DecisionsLost(version));

    private static void Apply(Scenario order, double at, OrderEvent body) => order.System(at, body);
}
