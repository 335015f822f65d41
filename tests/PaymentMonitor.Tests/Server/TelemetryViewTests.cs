using System.Diagnostics.Metrics;
using System.Globalization;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;

namespace PaymentMonitor.Tests.Server;

/// <summary>What becomes of an instrument on its way out.</summary>
public sealed class TelemetryViewTests
{
    [Fact]
    public void More_combinations_of_labels_than_there_is_room_for_are_counted_together_and_none_is_lost()
    {
        const int Labels = 5 * TelemetrySetup.SeriesMax;
        using var meter = new Meter("PaymentMonitor.ViewTests.Labels");
        var counter = meter.CreateCounter<long>("paymentmonitor.many");

        var points = Export(meter, () =>
        {
            for (var label = 0; label < Labels; label++)
            {
                counter.Add(1, new KeyValuePair<string, object?>("label", label.ToString(CultureInfo.InvariantCulture)));
            }
        });

        Assert.InRange(points.Count, 2, TelemetrySetup.SeriesMax + 2);
        Assert.Equal(Labels, points.Sum(point => point.GetSumLong()));
        Assert.Contains(points, point => Tags(point).Contains("otel.metric.overflow", StringComparer.Ordinal));
    }

    [Fact]
    public void A_latency_keeps_the_buckets_that_it_was_made_with()
    {
        using var meter = new Meter("PaymentMonitor.ViewTests.Buckets");
        var latency = meter.CreateHistogram<double>("paymentmonitor.took", "s", null, advice: Latency.Buckets);

        var point = Assert.Single(Export(meter, () => latency.Record(0.004)));

        var bounds = new List<double>();
        foreach (var bucket in point.GetHistogramBuckets())
        {
            bounds.Add(bucket.ExplicitBound);
        }

        Assert.Equal([.. Latency.Buckets.HistogramBucketBoundaries!, double.PositiveInfinity], bounds);
    }

    private static List<MetricPoint> Export(Meter meter, Action measure)
    {
        using var exporter = new Kept();
        using (Sdk.CreateMeterProviderBuilder().AddMeter(meter.Name).AddView(TelemetrySetup.View).AddReader(new BaseExportingMetricReader(exporter)).Build())
        {
            measure();
        }

        return exporter.Points;
    }

    private static List<string> Tags(MetricPoint point)
    {
        var names = new List<string>();
        foreach (var (name, _) in point.Tags)
        {
            names.Add(name);
        }

        return names;
    }

    private sealed class Kept : BaseExporter<Metric>
    {
        internal List<MetricPoint> Points { get; } = [];

        public override ExportResult Export(in Batch<Metric> batch)
        {
            Points.Clear();
            foreach (var metric in batch)
            {
                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    Points.Add(point);
                }
            }

            return ExportResult.Success;
        }
    }
}
