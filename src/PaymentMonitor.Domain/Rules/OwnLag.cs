using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>
/// Whoever has to be asked about an order is asked when the log comes to it. Where the log is behind, the answer cannot be there in
/// its time, and that is our own fault: it is recorded, and what waits for answers, or closes for want of them, waits that much longer.
/// </summary>
public static class OwnLag
{
    // A part of the second that a verdict may take; a log that keeps up is behind by less.
    private static readonly TimeSpan Noticeable = TimeSpan.FromMilliseconds(100);

    /// <summary>What to record when an envelope had an order ask somebody, before anybody is asked.</summary>
    /// <param name="before">The order without that envelope.</param>
    /// <param name="what">Who is asked: <see cref="OrderEvent.AskedLate.Verdict"/> or <see cref="OrderEvent.AskedLate.Provider"/>.</param>
    /// <param name="now">When it is asked.</param>
    /// <returns>Null where the log keeps up.</returns>
    public static ReportedEvent? Asking(Order before, Envelope envelope, string what, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(envelope);

        // A wake comes for what was due, however late it is itself.
        var needed = envelope.Event.Body is OrderEvent.Due && before.Due < envelope.ReceivedAt ? before.Due.Value : envelope.ReceivedAt;
        return Event(before, what, needed, now);
    }

    /// <summary>
    /// What to record ahead of an envelope that comes to an order which wanted to ask its provider before that arrived: only a log
    /// that is behind has the envelope in front of the wake.
    /// </summary>
    /// <returns>Null where the log keeps up, or the order wants nothing of its provider.</returns>
    public static ReportedEvent? BeforeAsking(Order order, Envelope envelope, DateTimeOffset now, OrderOptions options)
    {
        ArgumentNullException.ThrowIfNull(order);
        ArgumentNullException.ThrowIfNull(envelope);
        if (order.Due is not { } due || due >= envelope.ReceivedAt || envelope.Event.Body is OrderEvent.Due)
            return null;

        var wake = new ReportedEvent(EventId.Parse($"{order.OrderId}/due"), order.OrderId, new OrderEvent.Due(), due);
        return OrderRules.Apply(order, new Envelope(wake, EventSource.System, order.MachineId, due, due), options).AsksProvider
            ? Event(order, OrderEvent.AskedLate.Provider, due, now)
            : null;
    }

    internal static TimeSpan Of(Envelope late)
    {
        return late.Event.SentAt > late.Event.Time ? late.Event.SentAt.Value - late.Event.Time : TimeSpan.Zero;
    }

    private static ReportedEvent? Event(Order order, string what, DateTimeOffset needed, DateTimeOffset asked)
    {
        return asked - needed > Noticeable
            ? new ReportedEvent(EventId.Parse($"{order.OrderId}/asked-late/{what}"), order.OrderId, new OrderEvent.AskedLate(what), needed, asked)
            : null;
    }
}
