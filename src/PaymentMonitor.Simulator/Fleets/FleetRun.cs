namespace PaymentMonitor.Simulator;

/// <summary>What everything of one run shares.</summary>
internal sealed class FleetRun(TimeProvider time)
{
    internal FleetClock Clock { get; } = new(time);

    internal FleetCounters Counters { get; } = new();

    internal Latencies Latencies { get; } = new();

    internal FleetSchedule<Step.Report> Reports { get; } = new();

    internal FleetSchedule<Step.Pay> Payments { get; } = new();
}
