using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Testing;

/// <summary>Events as machines and providers report them.</summary>
internal static class Reports
{
    internal static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    internal static readonly OrderKey Order1 = new(MachineId.Parse("m-1"), OrderId.Parse("o-1"));

    internal static OrderKey Key(string machine, string order) => new(MachineId.Parse(machine), OrderId.Parse(order));

    internal static Report Created(OrderKey order, DateTimeOffset at, string channel = "cash", string? reference = null)
    {
        var terms = new OrderEvent.Created(500, Currency.Parse("EUR"), Channel.Parse(channel), 60, reference is null ? null : PaymentReference.Parse(reference));
        return Of(order, "created", terms, at);
    }

    internal static Report Paid(OrderKey order, DateTimeOffset at, string payment = "p-1")
    {
        return Of(order, $"paid-{payment}", new OrderEvent.PaymentSucceeded(PaymentId.Parse(payment), 500), at);
    }

    internal static Report Shipped(OrderKey order, DateTimeOffset at) => Of(order, "shipped", new OrderEvent.ShipmentCompleted(), at);

    internal static Report Of(OrderKey order, string id, OrderEvent body, DateTimeOffset at, EventSource source = EventSource.Machine)
    {
        var reported = new ReportedEvent(EventId.Parse($"{order.OrderId}.{id}"), order.OrderId, body, at);
        return new Report(order.MachineId, source, reported, EventJson.ToBytes(reported));
    }

    /// <summary>The order after the given reports, each received when it happened.</summary>
    internal static Order After(params ReadOnlySpan<Report> reports)
    {
        var workflow = new OrderWorkflow(OrderOptions.Default);
        Order? order = null;
        foreach (var report in reports)
        {
            order = workflow.Work(order, EventTime.Stamp(report.Event, report.Source, report.MachineId, report.Event.Time, workflow.Options)).Order;
        }

        return order!;
    }
}
