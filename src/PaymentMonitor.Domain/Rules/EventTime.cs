using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>R1: when an event happened, stamped once, on arrival.</summary>
public static class EventTime
{
    /// <summary>Never throws, whatever the reporter's clock says: a clock that is far off is a fact about the reporter.</summary>
    public static Envelope Stamp(
        ReportedEvent e, EventSource source, MachineId machineId, DateTimeOffset receivedAt, OrderOptions options)
    {
        ArgumentNullException.ThrowIfNull(e);
        ArgumentNullException.ThrowIfNull(options);

        receivedAt = receivedAt.ToUniversalTime();

        // A machine's clock error cancels out of sentAt - time. Providers and this system have clocks of their own that are kept.
        var age = source is EventSource.Machine && e.SentAt is { } sentAt ? sentAt - e.Time : receivedAt - e.Time;

        if (source is EventSource.Machine && !e.Offline && age > options.OnlineClockBound)
            return new Envelope(e, source, machineId, receivedAt, receivedAt, ClockSuspect: true);

        return new Envelope(e, source, machineId, receivedAt, Before(receivedAt, age));
    }

    private static DateTimeOffset Before(DateTimeOffset receivedAt, TimeSpan age)
    {
        if (age <= TimeSpan.Zero)
            return receivedAt;

        return age < receivedAt - DateTimeOffset.MinValue ? receivedAt - age : DateTimeOffset.MinValue;
    }
}
