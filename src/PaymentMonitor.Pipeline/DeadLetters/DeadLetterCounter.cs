using System.Diagnostics.Metrics;

namespace PaymentMonitor.Pipeline;

/// <summary>Counts what is set aside, by reason: the first sign of a fleet that misunderstands something.</summary>
public sealed class DeadLetterCounter(IMeterFactory meters)
{
    private readonly Counter<long> _letters =
        meters.Create(Telemetry.Meter).CreateCounter<long>("paymentmonitor.dead_letters", "{event}", "Events set aside, by reason; replayed tells whether it was put back before.");

    private readonly Counter<long> _replays =
        meters.Create(Telemetry.Meter).CreateCounter<long>("paymentmonitor.dead_letters.replays", "{event}", "Dead letters put back into the log, by reason.");

    public void SetAside(string reason, bool isReplay) => _letters.Add(1, new("reason", reason), new("replayed", isReplay));

    public void Replayed(string reason) => _replays.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
