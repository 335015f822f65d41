namespace PaymentMonitor.Simulator;

/// <summary>What everything of one run shares.</summary>
internal sealed class FleetRun
{
    internal FleetRun(TimeProvider time)
    {
        Clock = new FleetClock(time);
        Latencies = new Latencies(Clock);
    }

    internal FleetClock Clock { get; }

    internal FleetCounters Counters { get; } = new();

    internal Latencies Latencies { get; }

    internal FleetSchedule<Step.Report> Reports { get; } = new();

    internal FleetSchedule<Step.Pay> Payments { get; } = new();
}
