using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests;

public sealed class CostTests
{
    [Fact]
    public void Applying_a_typical_event_allocates_less_than_two_kilobytes()
    {
        var order = new Order(Machine, TheOrder);
        foreach (var (source, at, body) in new (EventSource, double, OrderEvent)[]
        {
            (EventSource.Machine, 0, Qr()),
            (EventSource.Machine, 1, new OrderEvent.PaymentStarted()),
            (EventSource.Provider, 10, Paid()),
            (EventSource.System, 10, Assess("approve")),
            (EventSource.Machine, 20, Out),
        })
        {
            var e = new ReportedEvent(EventId.Parse($"{body.Type}-{at}"), TheOrder, body, At(at));
            var envelope = EventTime.Stamp(e, source, Machine, At(at), OrderOptions.Default);
            OrderRules.Apply(order, envelope, OrderOptions.Default);

            var before = GC.GetAllocatedBytesForCurrentThread();
            var applied = OrderRules.Apply(order, envelope, OrderOptions.Default);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2048);
            order = applied.Order;
        }

        Assert.Equal(OrderStatus.Completed, order.Status);
    }

    [Fact]
    public void The_event_after_a_thousand_allocates_no_more_than_the_one_after_a_hundred()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        var sizes = new List<long>();
        foreach (var count in new[] { 100, 900 })
        {
            for (var i = 0; i < count; i++)
                order.Provider(1, Paid($"p{sizes.Count}-{i}"));

            var e = new ReportedEvent(EventId.Parse("one-more"), TheOrder, Cancel, At(1));
            var envelope = EventTime.Stamp(e, EventSource.Machine, Machine, At(1), OrderOptions.Default);
            OrderRules.Apply(order.Order, envelope, OrderOptions.Default);
            var before = GC.GetAllocatedBytesForCurrentThread();
            OrderRules.Apply(order.Order, envelope, OrderOptions.Default);
            sizes.Add(GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(sizes[0], sizes[1]);
    }
}
