using System.Diagnostics.Metrics;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>What the store tells of itself. A commit is one fsync.</summary>
internal sealed class StoreMetrics
{
    internal const string MeterName = "PaymentMonitor.Store";
    internal const string Appends = "paymentmonitor.store.appends";

    private readonly Counter<long> _appends, _refused, _commits, _failedCommits, _poison, _dropped;
    private readonly Histogram<int> _batchSize, _receipts;
    private readonly Histogram<double> _duration;
    private readonly DeadLetterCounter _deadLetters;
    private readonly CouponMetrics _coupons;

    internal StoreMetrics(IMeterFactory meters, Func<int> queueLength, Func<TimeSpan> queueAge, Func<int> wakes)
    {
        var meter = meters.Create(MeterName);
        _appends = meter.CreateCounter<long>(Appends, "{event}", "Events that became durable.");
        _refused = meter.CreateCounter<long>("paymentmonitor.store.refused", "{event}", "Events refused because the queue was full.");
        _commits = meter.CreateCounter<long>("paymentmonitor.store.commits", "{commit}", "Transactions on the disk, one fsync each.");
        _failedCommits = meter.CreateCounter<long>("paymentmonitor.store.commits.failed", "{commit}", "Transactions that were rolled back.");
        _poison = meter.CreateCounter<long>("paymentmonitor.store.poison", "{event}", "Events set aside because the rules failed on them.");
        _dropped = meter.CreateCounter<long>("paymentmonitor.store.changes.dropped", "{transaction}", "Hand-overs that a subscriber was too slow for.");
        _batchSize = meter.CreateHistogram<int>("paymentmonitor.store.batch.size", "{item}", "Items in a transaction.", advice: Sizes);
        _receipts = meter.CreateHistogram<int>("paymentmonitor.store.receipts_per_fsync", "{receipt}", "Receipts that one fsync covers.", advice: Sizes);
        _duration = meter.CreateHistogram<double>("paymentmonitor.store.commit.duration", "s", "From the first item of a transaction to its place on the disk.", advice: Latency.Buckets);
        _deadLetters = new DeadLetterCounter(meters);
        _coupons = new CouponMetrics(meters);

        // What was never counted cannot be seen to grow: rules look at the step from 0 to 1.
        foreach (var counter in new[] { _refused, _failedCommits, _poison, _dropped })
        {
            counter.Add(0);
        }

        meter.CreateObservableGauge("paymentmonitor.store.queue.length", queueLength, "{item}", "Items that wait for the loop.");
        meter.CreateObservableGauge("paymentmonitor.store.queue.age", () => queueAge().TotalSeconds, "s", "How long the first of them has waited: the lag of the log.");
        meter.CreateObservableGauge("paymentmonitor.store.wakes", wakes, "{order}", "Orders that wait for a time.");
    }

    private static InstrumentAdvice<int> Sizes { get; } = new() { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] };

    internal void Refused() => _refused.Add(1);

    internal void Poison() => _poison.Add(1);

    internal void Dropped() => _dropped.Add(1);

    internal void LostCoupon(ILogger logger, OrderKey order) => CouponDesk.Tell(_coupons, logger, order);

    internal void Failed() => _failedCommits.Add(1);

    internal void SetAside(IReadOnlyList<(string Reason, bool IsReplay)> letters)
    {
        for (var i = 0; i < letters.Count; i++)
        {
            _deadLetters.SetAside(letters[i].Reason, letters[i].IsReplay);
        }
    }

    internal void Committed(int items, int appends, TimeSpan duration)
    {
        _commits.Add(1);
        _appends.Add(appends);
        _batchSize.Record(items);
        _duration.Record(duration.TotalSeconds);
        if (appends > 0)
        {
            _receipts.Record(appends);
        }
    }
}
