using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>A reported event as the system took it in: who said it, when it arrived, and the event time it was stamped with, once.</summary>
/// <param name="ReceivedAt">The clock of the order while this envelope is applied.</param>
/// <param name="EventTime">When it happened, as far as it can be known; never later than <paramref name="ReceivedAt"/>.</param>
/// <param name="ClockSuspect">The reporter's clock was too far off to be believed, so the arrival stands in for the event time.</param>
public sealed record Envelope(
    ReportedEvent Event,
    EventSource Source,
    MachineId MachineId,
    DateTimeOffset ReceivedAt,
    DateTimeOffset EventTime,
    bool ClockSuspect = false);
