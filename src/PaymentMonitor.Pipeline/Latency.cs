using System.Diagnostics.Metrics;

namespace PaymentMonitor.Pipeline;

/// <summary>Bucket bounds for latencies in seconds: fine where an embedded server answers, wide enough for a cloud on a bad day.</summary>
public static class Latency
{
    public static InstrumentAdvice<double> Buckets { get; } = new()
    {
        HistogramBucketBoundaries = [0.000_5, 0.001, 0.002, 0.003, 0.005, 0.007_5, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };
}
