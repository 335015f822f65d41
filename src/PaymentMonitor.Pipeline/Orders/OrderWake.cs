using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// A wake as it goes into the log: behind everything received before it, so that a backlog cannot close an order whose payment waits
/// in it. The same wake has the same id, so whoever finds it due may append it.
/// </summary>
public static class OrderWake
{
    /// <param name="due">When the order wanted to be woken.</param>
    public static Report Of(OrderKey order, DateTimeOffset due, DateTimeOffset now)
    {
        var wake = new ReportedEvent(EventId.Parse($"{order.OrderId}/due/{due.ToUnixTimeMilliseconds()}"), order.OrderId, new OrderEvent.Due(), now);
        return new Report(order.MachineId, EventSource.System, wake, EventJson.ToBytes(wake));
    }
}
