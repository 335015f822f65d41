using Microsoft.Azure.Cosmos;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>
/// Finds orders whose alarm was lost, and wakes them. Every minute is looked through once, some time after it; an order that still
/// wants the same wake is given it, and is looked at again later, until something has come of it.
/// </summary>
public sealed class OrderSweep
{
    /// <summary>An alarm that comes by itself, and its way through the log, are given this long.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);

    /// <summary>After which an order that was woken is looked at again.</summary>
    public static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(5);

    /// <summary>How far back the very first sweep looks.</summary>
    private static readonly TimeSpan FirstLook = TimeSpan.FromHours(1);

    /// <summary>Bounds one run; after an outage the following runs catch up.</summary>
    private const int MinutesMax = 30;

    private readonly DueOrders _due;
    private readonly CosmosOrders _orders;
    private readonly IEventLog _log;
    private readonly TimeProvider _time;

    public OrderSweep(Database database, CosmosOrders orders, IEventLog log, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(database);
        (_due, _orders, _log, _time) = (new DueOrders(database), orders, log, time);
    }

    /// <returns>How many orders had to be woken. What fails is looked at again by the next run.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var end = MinuteOf(now - Grace);
        var from = await _due.SweptToAsync(cancellationToken) ?? MinuteOf(now - FirstLook);
        var woken = 0;
        for (var (minute, n) = (from.AddMinutes(1), 0); minute <= end && n < MinutesMax; (minute, n) = (minute.AddMinutes(1), n + 1))
        {
            var shards = Enumerable.Range(0, DueDocument.Shards).Select(shard => SweepAsync(DueDocument.BucketOf(minute, shard), now, cancellationToken));
            woken += (await Task.WhenAll(shards)).Sum();
            await _due.SetSweptToAsync(minute, cancellationToken);
        }

        return woken;
    }

    private async Task<int> SweepAsync(string bucket, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var woken = 0;
        foreach (var found in await _due.InAsync(bucket, cancellationToken))
        {
            var order = await _orders.ReadAsync(found.Order, cancellationToken);
            if (order?.Due is { } due && due.ToUnixTimeMilliseconds() == found.Due)
            {
                await _log.AppendAsync(OrderWake.Of(found.Order, due, now), cancellationToken);
                await _due.SetAsync(found.Order, due, now + LookAgainAfter, cancellationToken);
                woken++;
            }

            await _due.RemoveAsync(found, cancellationToken);
        }

        return woken;
    }

    private static DateTimeOffset MinuteOf(DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMinute));
}
