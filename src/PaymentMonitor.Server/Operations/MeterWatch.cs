using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using HdrHistogram;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>
/// What this server's own instruments counted and timed since they were last read. Listens only while it lives: where nobody watches,
/// nothing is counted twice.
/// </summary>
internal sealed class MeterWatch : IDisposable
{
    private const long LongestUs = 60_000_000;

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Tally> _decisions = new(StringComparer.Ordinal);
    private readonly Recorder _receiptUs = NewRecorder(), _decisionUs = NewRecorder();
    private readonly TimeProvider _time;
    private long _events, _receipts, _readAt;

    /// <param name="meters">The factory whose instruments are meant: a process may have several servers.</param>
    internal MeterWatch(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        _readAt = time.GetTimestamp();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters) && Wants(instrument))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(Count);
        _listener.SetMeasurementEventCallback<double>(Time);
        _listener.Start();
    }

    /// <summary>What happened since the last call, or since the watch began.</summary>
    internal FleetActivity Take()
    {
        var now = _time.GetTimestamp();
        var seconds = _time.GetElapsedTime(_readAt, now).TotalSeconds;
        _readAt = now;
        return new FleetActivity(
            seconds,
            Interlocked.Exchange(ref _events, 0),
            Interlocked.Exchange(ref _receipts, 0),
            [.. _decisions.Select(pair => (pair.Key, pair.Value.Take())).OrderBy(pair => pair.Key, StringComparer.Ordinal)],
            LatencyPercentiles.Of(_receiptUs),
            LatencyPercentiles.Of(_decisionUs));
    }

    public void Dispose() => _listener.Dispose();

    private static bool Wants(Instrument instrument) => instrument.Name
        is StoreMetrics.Appends or Telemetry.Receipts or Telemetry.Decisions or Telemetry.ReceiptDuration or Telemetry.DecisionDuration;

    private void Count(Instrument instrument, long count, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        switch (instrument.Name)
        {
            case StoreMetrics.Appends:
                Interlocked.Add(ref _events, count);
                break;
            case Telemetry.Receipts:
                Interlocked.Add(ref _receipts, count);
                break;
            case Telemetry.Decisions when tags[0].Value is string kind:
                _decisions.GetOrAdd(kind, static _ => new Tally()).Add(count);
                break;
        }
    }

    private void Time(Instrument instrument, double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var us = Math.Clamp((long)(seconds * 1_000_000), 0, LongestUs);
        (instrument.Name == Telemetry.ReceiptDuration ? _receiptUs : _decisionUs).RecordValue(us);
    }

    private static Recorder NewRecorder() =>
        HistogramFactory.With64BitBucketSize().WithValuesUpTo(LongestUs).WithPrecisionOf(2).WithThreadSafeWrites().WithThreadSafeReads().Create();

    private sealed class Tally
    {
        private long _count;

        internal void Add(long count) => Interlocked.Add(ref _count, count);

        internal long Take() => Interlocked.Exchange(ref _count, 0);
    }
}

/// <summary>What happened within some seconds.</summary>
/// <param name="Events">Events that became durable, whoever reported them.</param>
/// <param name="Receipts">Answers to reported events, of every status.</param>
/// <param name="Decisions">New decisions by kind; a kind that occurred once stays in the list.</param>
internal sealed record FleetActivity(
    double Seconds, long Events, long Receipts, IReadOnlyList<(string Kind, long Count)> Decisions, LatencyPercentiles Receipt, LatencyPercentiles Decision);

/// <summary>In milliseconds; all zero where <paramref name="Count"/> is.</summary>
internal readonly record struct LatencyPercentiles(long Count, double P50, double P90, double P99)
{
    internal static LatencyPercentiles Of(Recorder recorder)
    {
        var histogram = recorder.GetIntervalHistogram();
        return histogram.TotalCount == 0
            ? default
            : new LatencyPercentiles(histogram.TotalCount, Ms(histogram, 50), Ms(histogram, 90), Ms(histogram, 99));
    }

    private static double Ms(HistogramBase histogram, double percentile) => histogram.GetValueAtPercentile(percentile) / 1_000.0;
}
