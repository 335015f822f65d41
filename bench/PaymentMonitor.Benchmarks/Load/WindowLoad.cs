using System.Diagnostics;

namespace PaymentMonitor.Benchmarks.Load;

/// <summary>
/// Closed loop: each machine reports its next event when the last one is answered, so one event of each machine is always under
/// way. It shows what a server can carry at all; its latencies are those of a full queue and are not reported.
/// </summary>
internal sealed class WindowLoad : ILoad
{
    private readonly long _end;
    private bool _started;

    internal WindowLoad(TimeSpan warmUp, TimeSpan measured)
    {
        var from = Stopwatch.GetTimestamp() + (long)(warmUp.TotalSeconds * Stopwatch.Frequency);
        _end = from + (long)(measured.TotalSeconds * Stopwatch.Frequency);
        Measurement = new Measurement(from, _end);
    }

    internal Measurement Measurement { get; }

    public long? Turn(Fleet fleet, long now)
    {
        if (!_started)
        {
            _started = true;
            foreach (var terminal in fleet.Terminals)
            {
                fleet.Report(terminal, now);
            }
        }

        return now < _end ? _end
            : !fleet.Waiting || now > _end + (5 * Stopwatch.Frequency) ? null
            : now + (Stopwatch.Frequency / 100);
    }

    public Measurement MeasurementOf(Terminal terminal) => Measurement;

    public void Answered(Fleet fleet, Terminal terminal, bool final)
    {
        var now = Stopwatch.GetTimestamp();
        if (final && now < _end)
        {
            fleet.Report(terminal, now);
        }
    }
}
