namespace PaymentMonitor.Simulator;

public enum FleetPhase
{
    Connecting,
    Running,

    /// <summary>Waiting for the last receipts, callbacks and decisions.</summary>
    Settling,

    /// <summary>Reading the orders for the verdict.</summary>
    Judging,
    Done,
}

/// <summary>A fleet at one moment of its run.</summary>
/// <param name="Elapsed">Since the events began; zero before.</param>
public sealed record FleetProgress(
    FleetPhase Phase,
    TimeSpan Elapsed,
    int Machines,
    int Connected,
    long Sent,
    long Receipted,
    long Rejected,
    long Decisions,
    Percentiles Receipt,
    Percentiles Decision);
