namespace PaymentMonitor.Pipeline;

/// <summary>What one machine may send.</summary>
public sealed record IntakeOptions
{
    public int MaxEventBytes { get; init; } = 64 * 1024;

    /// <summary>Sustained events a second of one machine. A machine makes a few a minute; a fault makes thousands.</summary>
    public int EventsPerSecond { get; init; } = 100;

    /// <summary>How many events a machine may flush at once, for example its outbox after a night without a connection.</summary>
    public int EventsBurst { get; init; } = 500;

    /// <summary>The share of reports, of those that come without a trace, for which one begins; 1: all of them, and the host's sampler decides.</summary>
    public double TracedShare { get; init; } = 1;
}
