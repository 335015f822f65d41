using System.Globalization;
using System.IO.Hashing;
using System.Text;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>
/// That an order wants to be woken. All of a minute stand in 16 partitions, so that one partition can take a burst and the sweep
/// never asks more than one at a time.
/// </summary>
/// <param name="Due">Unix milliseconds.</param>
/// <param name="Ttl">Seconds after which Cosmos DB forgets it: longer than any outage that is survived.</param>
internal sealed record DueDocument(string Id, string Bucket, MachineId MachineId, OrderId OrderId, long Due, int Ttl)
{
    internal const int Shards = 16;

    private const int TimeToLiveSeconds = 30 * 24 * 60 * 60;

    internal OrderKey Order => new(MachineId, OrderId);

    /// <param name="lookAt">When the sweep is to look at it: when it is due, or later for one that was looked at already.</param>
    internal static DueDocument Of(OrderKey order, DateTimeOffset due, DateTimeOffset lookAt)
    {
        var id = $"{order.MachineId}:{order.OrderId}";
        var shard = (int)(XxHash32.HashToUInt32(Encoding.ASCII.GetBytes(id)) % Shards);
        return new DueDocument(id, BucketOf(lookAt, shard), order.MachineId, order.OrderId, due.ToUnixTimeMilliseconds(), TimeToLiveSeconds);
    }

    internal static string BucketOf(DateTimeOffset minute, int shard)
    {
        return string.Create(CultureInfo.InvariantCulture, $"{minute.UtcDateTime:yyyyMMddHHmm}-{shard:00}");
    }
}

/// <summary>How far the sweep has come: every bucket up to this minute has been looked through.</summary>
internal sealed record SweepPosition(string Id, string Bucket, DateTimeOffset Minute)
{
    internal const string OnlyId = "position";

    /// <summary>A bucket that no minute has.</summary>
    internal const string OnlyBucket = "sweep";

    internal static SweepPosition At(DateTimeOffset minute) => new(OnlyId, OnlyBucket, minute);
}
