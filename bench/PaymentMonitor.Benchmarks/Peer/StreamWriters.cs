using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace PaymentMonitor.Benchmarks.Peer;

/// <summary>Appends what is queued to the streams, many entries in one round trip, and sends the receipts where Redis is the durable point.</summary>
internal sealed class StreamWriters(ReportStreams streams, IConnectionMultiplexer redis, Terminals terminals, PeerOptions options) : BackgroundService
{
    /// <summary>Long streams are cut: an entry that is that far back was consumed long ago.</summary>
    private const int MaxLength = 1_000_000;

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        return Task.WhenAll(Enumerable.Range(0, PeerOptions.Partitions).Select(partition => WriteAsync(partition, stoppingToken)));
    }

    private async Task WriteAsync(int partition, CancellationToken stopping)
    {
        var (queue, database, key) = (streams.Queue(partition), redis.GetDatabase(), ReportStreams.Key(partition));
        var batch = new List<Entry>();
        var appends = new List<Task>();
        while (await queue.WaitToReadAsync(stopping))
        {
            batch.Clear();
            appends.Clear();
            while (batch.Count < PeerOptions.BatchSize && queue.TryRead(out var entry))
            {
                batch.Add(entry);
                appends.Add(database.StreamAddAsync(key, entry.ToFields(), messageId: null, maxLength: MaxLength, useApproximateMaxLength: true));
            }

            await Task.WhenAll(appends);
            streams.Ring(partition);
            if (options.Durable == DurablePoint.Redis)
            {
                await Task.WhenAll(batch.Where(e => e.EventId is not null).Select(e => terminals.SendReceiptAsync(e.Machine, e.EventId!)));
            }
        }
    }
}
