using System.Diagnostics;
using System.Text;
using HdrHistogram;

namespace PaymentMonitor.Benchmarks.Load;

/// <summary>What one load saw. Only events whose intended time lies within the window count: what is before is warm-up.</summary>
internal sealed class Measurement(long from, long to)
{
    private readonly LongHistogram _receipts = NewHistogram();
    private readonly LongHistogram _decisions = NewHistogram();
    private readonly LongHistogram _lag = NewHistogram();

    internal long From { get; } = from;

    internal long To { get; } = to;

    internal Percentiles Receipt => Percentiles.Of(_receipts);

    internal Percentiles Decision => Percentiles.Of(_decisions);

    /// <summary>How late the generator itself was with a sending: its own error, included in the latencies.</summary>
    internal Percentiles Lag => Percentiles.Of(_lag);

    internal long Sent { get; private set; }

    /// <summary>The warm-up's included.</summary>
    internal long SentInAll { get; private set; }

    internal long Receipted => _receipts.TotalCount;

    internal long Decided => _decisions.TotalCount;

    internal long Confirmations { get; set; }

    /// <summary>Decisions that came again, for example because the machine had not confirmed them yet.</summary>
    internal long Repeated { get; set; }

    internal long Refused { get; private set; }

    internal string? FirstRefusal { get; private set; }

    /// <summary>Events without an answer when the load ended; their waits until then are among the latencies.</summary>
    internal long Unanswered { get; private set; }

    /// <summary>Receipts that arrived within the window, whenever their events were sent: the throughput.</summary>
    internal long Throughput { get; private set; }

    internal long Closed { get; set; }

    internal double Seconds => (double)(To - From) / Stopwatch.Frequency;

    internal double PerSecond => Throughput / Seconds;

    internal void WasSent(long intended, long now)
    {
        SentInAll++;
        if (Counts(intended))
        {
            Sent++;
            Record(_lag, intended, now);
        }
    }

    internal void WasReceipted(long intended, long now)
    {
        if (Counts(now))
        {
            Throughput++;
        }

        if (Counts(intended))
        {
            Record(_receipts, intended, now);
        }
    }

    internal void WasDecided(long intended, long now)
    {
        if (Counts(intended))
        {
            Record(_decisions, intended, now);
        }
    }

    internal void WasNeverAnswered(long intended, long now)
    {
        if (Counts(intended))
        {
            Unanswered++;
            Record(_receipts, intended, now);
            Record(_decisions, intended, now);
        }
    }

    internal void WasRefused(ReadOnlySpan<byte> message)
    {
        Refused++;
        FirstRefusal ??= Encoding.UTF8.GetString(message);
    }

    private bool Counts(long at) => at >= From && at < To;

    // Microseconds, 1 to a minute, three digits.
    private static LongHistogram NewHistogram() => new(1, 60_000_000, 3);

    private static void Record(LongHistogram histogram, long from, long to)
    {
        histogram.RecordValue(Math.Clamp((to - from) * 1_000_000 / Stopwatch.Frequency, 1, 60_000_000));
    }
}

/// <summary>In milliseconds.</summary>
internal readonly record struct Percentiles(double P50, double P99, double P999, double Max)
{
    internal static Percentiles Of(HistogramBase histogram)
    {
        return histogram.TotalCount == 0
            ? default
            : new(At(histogram, 50), At(histogram, 99), At(histogram, 99.9), At(histogram, 100));
    }

    private static double At(HistogramBase histogram, double percentile) => histogram.GetValueAtPercentile(percentile) / 1000.0;
}
