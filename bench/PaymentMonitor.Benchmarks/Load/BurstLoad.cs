using System.Diagnostics;

namespace PaymentMonitor.Benchmarks.Load;

/// <summary>
/// The network comes back: every machine but the bystanders flushes what it recorded meanwhile, all at the same moment. The
/// bystanders report at a fixed rate as if nothing were the matter, until the last of the flood is answered.
/// </summary>
internal sealed class BurstLoad(int bystanders, double bystandersPerSecond, int queued) : ILoad
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly double _ticksPerEvent = Stopwatch.Frequency / bystandersPerSecond;
    private long _start;
    private long _drained;
    private long _sent;

    internal Measurement Flood { get; private set; } = new(0, 0);

    internal Measurement Bystanders { get; private set; } = new(0, 0);

    /// <summary>From the moment of the burst to its last answer; null when it did not come in time.</summary>
    internal TimeSpan? Drained => _drained > 0 ? Stopwatch.GetElapsedTime(_start, _drained) : null;

    public long? Turn(Fleet fleet, long now)
    {
        if (_start == 0)
        {
            Begin(fleet, now);
        }

        if (_drained == 0 && fleet.Terminals.Skip(bystanders).All(terminal => !terminal.Waiting))
        {
            _drained = now;
        }

        if (_drained > 0 || now > _start + (long)(Patience.TotalSeconds * Stopwatch.Frequency))
        {
            return fleet.Terminals.Take(bystanders).All(terminal => !terminal.Waiting) || now > _drained + (5 * Stopwatch.Frequency)
                ? null
                : now + (Stopwatch.Frequency / 1000);
        }

        for (; Intended() <= now; _sent++)
        {
            fleet.Report(fleet.Terminals[(int)(_sent % bystanders)], Intended());
        }

        return Intended();
    }

    public Measurement MeasurementOf(Terminal terminal) => terminal.Index < bystanders ? Bystanders : Flood;

    public void Answered(Fleet fleet, Terminal terminal, bool final)
    {
        // Nothing waits for an answer here.
    }

    private void Begin(Fleet fleet, long now)
    {
        _start = now;
        (Flood, Bystanders) = (new Measurement(now, long.MaxValue), new Measurement(now, long.MaxValue));
        foreach (var terminal in fleet.Terminals.Skip(bystanders))
        {
            for (var n = 0; n < queued; n++)
            {
                fleet.ReportLate(terminal, now);
            }
        }
    }

    private long Intended() => _start + (long)(_sent * _ticksPerEvent);
}
