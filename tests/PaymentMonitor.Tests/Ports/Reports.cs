using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Tests;

/// <summary>Reports as the edge hands them over.</summary>
internal static class Reports
{
    internal static readonly Currency Eur = Currency.Parse("EUR");

    internal static readonly Channel Terminal = Channel.Parse("card-terminal");

    internal static Report Created(string machine, string order, DateTimeOffset time, string? paymentRef = null, int expiresInSeconds = 300) =>
        Of(machine, order, "created", new OrderEvent.Created(250, Eur, Terminal, expiresInSeconds, paymentRef is null ? null : PaymentReference.Parse(paymentRef)), time);

    internal static Report Paid(string machine, string order, DateTimeOffset time, string? paymentId = null) =>
        Of(machine, order, $"paid-{paymentId}", new OrderEvent.PaymentSucceeded(PaymentId.Parse(paymentId ?? $"pay-{order}"), 250, Eur), time);

    internal static Report Shipped(string machine, string order, DateTimeOffset time) => Of(machine, order, "shipped", new OrderEvent.ShipmentCompleted(), time);

    internal static Report Of(string machine, string order, string name, OrderEvent body, DateTimeOffset time)
    {
        var reported = new ReportedEvent(EventId.Parse($"{machine}.{order}.{name}"), OrderId.Parse(order), body, time);
        return new Report(MachineId.Parse(machine), EventSource.Machine, reported, EventJson.ToBytes(reported));
    }

    internal static OrderKey Key(string machine, string order) => new(MachineId.Parse(machine), OrderId.Parse(order));
}
