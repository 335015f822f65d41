using HdrHistogram;

namespace PaymentMonitor.Simulator;

/// <summary>Latencies at full resolution: microseconds, three significant digits, up to ten minutes. Thread-safe.</summary>
internal sealed class Latencies(FleetClock clock)
{
    private readonly Lock _lock = new();
    private readonly LongHistogram _receipts = New();
    private readonly LongHistogram _decisions = New();
    private readonly SortedDictionary<string, LongHistogram> _byChannel = new(StringComparer.Ordinal);

    /// <summary>What was to be sent before this moment is not measured: the processes are still compiling themselves then.</summary>
    internal TimeSpan From { get; set; }

    internal void Receipt(TimeSpan latency)
    {
        if (IsEarly(latency))
        {
            return;
        }

        lock (_lock)
        {
            Record(_receipts, latency);
        }
    }

    internal void Decision(string channel, TimeSpan latency)
    {
        if (IsEarly(latency))
        {
            return;
        }

        lock (_lock)
        {
            Record(_decisions, latency);
            if (!_byChannel.TryGetValue(channel, out var histogram))
            {
                _byChannel.Add(channel, histogram = New());
            }

            Record(histogram, latency);
        }
    }

    internal FleetLatencies Read()
    {
        lock (_lock)
        {
            return new FleetLatencies(Read(_receipts), Read(_decisions), _byChannel.ToDictionary(pair => pair.Key, pair => Read(pair.Value)));
        }
    }

    private bool IsEarly(TimeSpan latency) => clock.Now - latency < From;

    private static LongHistogram New() => new(1, 600_000_000, 3);

    private static void Record(LongHistogram histogram, TimeSpan latency)
    {
        histogram.RecordValue(Math.Clamp((long)latency.TotalMicroseconds, 1, 600_000_000));
    }

    private static Percentiles Read(LongHistogram histogram)
    {
        return histogram.TotalCount == 0
            ? new Percentiles(0, 0, 0, 0)
            : new Percentiles(At(histogram, 50), At(histogram, 99), At(histogram, 99.9), At(histogram, 100));
    }

    private static double At(LongHistogram histogram, double percentile) => Math.Round(histogram.GetValueAtPercentile(percentile) / 1000.0, 3);
}
