using System.Diagnostics;

namespace PaymentMonitor.Benchmarks.Load;

/// <summary>
/// Open loop: event n is meant for a fixed moment, whatever the server does, and its latency counts from that moment. A server
/// that stalls is charged for every event that had to wait meanwhile (no coordinated omission).
/// </summary>
internal sealed class PacedLoad : ILoad
{
    /// <summary>How long the end of the load waits for the last answers.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly long _start;
    private readonly long _end;
    private readonly double _ticksPerEvent;
    private readonly int _machines;
    private long _sent;

    /// <param name="machines">How many of the fleet report; the others are connected and silent.</param>
    internal PacedLoad(int machines, double perSecond, TimeSpan warmUp, TimeSpan measured)
    {
        _machines = machines;
        _start = Stopwatch.GetTimestamp() + Ticks(TimeSpan.FromMilliseconds(50));
        var from = _start + Ticks(warmUp);
        _end = from + Ticks(measured);
        _ticksPerEvent = Stopwatch.Frequency / perSecond;
        Measurement = new Measurement(from, _end);
    }

    internal Measurement Measurement { get; }

    public long? Turn(Fleet fleet, long now)
    {
        var intended = Intended();
        while (intended <= now && intended < _end)
        {
            var terminal = fleet.Terminals[(int)(_sent++ % _machines)];
            // A fresh machine first runs 0 to 3 events ahead, so that at any time each step of an order is some machine's next.
            for (var ahead = terminal.IsFresh ? terminal.Index % 4 : 0; ahead >= 0; ahead--)
            {
                fleet.Report(terminal, intended);
            }

            intended = Intended();
        }

        if (intended < _end)
        {
            return intended;
        }

        var patience = _end + Ticks(Patience);
        return now >= patience || !fleet.Waiting ? null : Math.Min(now + (Stopwatch.Frequency / 100), patience);
    }

    public Measurement MeasurementOf(Terminal terminal) => Measurement;

    public void Answered(Fleet fleet, Terminal terminal, bool final)
    {
        // An open loop sends by the clock alone.
    }

    private long Intended() => _start + (long)(_sent * _ticksPerEvent);

    private static long Ticks(TimeSpan span) => (long)(span.TotalSeconds * Stopwatch.Frequency);
}
