namespace PaymentMonitor.Contracts;

/// <summary>One event about one order, as its reporter sent it.</summary>
/// <param name="Id">The idempotency key: a repeat of an id is a repeat of the event.</param>
/// <param name="Time">When it happened, by the reporter's clock.</param>
/// <param name="SentAt">When it was sent, by the same clock, so that the reporter's clock error cancels out.</param>
/// <param name="Offline">True when it was recorded without a connection and sent later: then its age is believed.</param>
/// <param name="Boot">The machine's boot epoch; with <paramref name="Seq"/> it makes gaps visible.</param>
/// <param name="Seq">A counter without gaps within one boot, from 1.</param>
/// <param name="Trace">W3C trace context (<c>traceparent</c>), so that what is decided can be followed back to the report.</param>
public sealed record ReportedEvent(
    EventId Id,
    OrderId OrderId,
    OrderEvent Body,
    DateTimeOffset Time,
    DateTimeOffset? SentAt = null,
    bool Offline = false,
    long? Boot = null,
    long? Seq = null,
    string? Trace = null);
