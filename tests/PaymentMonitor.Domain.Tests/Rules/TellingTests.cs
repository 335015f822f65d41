using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests;

public sealed class TellingTests
{
    [Fact]
    public void Business_systems_are_told_of_an_order_from_its_creation_to_its_end()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid("p1"));
        order.Provider(11, Paid("p2"));
        order.Says(12, Out);
        order.RunTo(20);
        order.Provider(21, Refunded("p2"));

        Assert.Equal(
            ["order.created", "order.paid", "shipment.allowed", "trade.completed", "refund.due", "refund.completed"],
            order.NoticesTold);
        Assert.Equal([1, 2, 3, 4, 5, 6], order.Order.Notices.Select(n => n.N));
        Assert.Equal([At(0), At(10), At(10), At(12), At(16), At(21)], order.Order.Notices.Select(n => n.Time));
    }

    [Fact]
    public void They_are_told_when_an_order_waits_for_a_person_and_when_no_longer()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(1, Cancel);
        order.Says(2, Out);
        order.RunTo(6);
        order.Provider(7, Paid());

        Assert.Equal(
            ["order.created", "trade.closed", "order.unresolved", "order.paid", "trade.completed", "order.resolved"],
            order.NoticesTold);
    }

    [Fact]
    public void They_are_told_of_an_operators_word()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.RunToEnd();
        order.System(1000, Resolve("closed"));

        Assert.Equal(["order.created", "order.unresolved", "order.resolved"], order.NoticesTold);
    }

    [Fact]
    public void Each_return_is_told_once()
    {
        var order = new Scenario { Verdict = "deny" };
        order.Says(0, Qr());
        order.Provider(10, Paid("p1"));
        order.Provider(10, Paid("p2"));
        order.Provider(20, Refunded("p1"));
        order.Provider(21, Refunded("p1"));
        order.Provider(22, Refunded("p2"));

        Assert.Equal(2, order.NoticesTold.Count(type => type == "refund.completed"));
    }

    [Fact]
    public void A_repeat_tells_nobody_anything()
    {
        var order = new Scenario();
        order.Says(0, Qr(), id: "created");
        order.Provider(10, Paid(), id: "paid");
        var before = order.Order;
        order.Provider(11, Paid(), id: "paid");

        Assert.Equal(before with { Clock = At(11) }, order.Order);
    }

    [Fact]
    public void A_decision_carries_the_trace_of_the_newest_report_that_has_one()
    {
        var order = new Scenario();
        order.Apply(Traced("created", Qr(), 0, EventSource.Machine, "00-1"));
        order.Says(1, new OrderEvent.PaymentStarted());
        order.Provider(10, Paid());
        Assert.Equal("00-1", order.Order.Decisions[0].Trace);

        order.Apply(Traced("out", Out, 20, EventSource.Machine, "00-2"));
        Assert.Equal("00-2", order.Order.Decisions[1].Trace);
    }

    private static Envelope Traced(string id, OrderEvent body, double at, EventSource source, string trace)
    {
        var e = new ReportedEvent(EventId.Parse(id), TheOrder, body, At(at), Trace: trace);
        return EventTime.Stamp(e, source, Machine, At(at), OrderOptions.Default);
    }
}
