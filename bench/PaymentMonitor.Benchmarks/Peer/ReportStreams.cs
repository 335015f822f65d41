using System.IO.Hashing;
using System.Text;
using System.Threading.Channels;
using StackExchange.Redis;

namespace PaymentMonitor.Benchmarks.Peer;

/// <summary>The way into the streams: a bounded queue before each, which slows callers down when it is full, and a bell for its worker.</summary>
internal sealed class ReportStreams
{
    internal const string Group = "orders";

    private readonly Channel<Entry>[] _queues = [.. Enumerable.Range(0, PeerOptions.Partitions).Select(_ => Channel.CreateBounded<Entry>(
        new BoundedChannelOptions(50_000) { SingleReader = true }))];

    private readonly Channel<bool>[] _bells = [.. Enumerable.Range(0, PeerOptions.Partitions).Select(_ => Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }))];

    internal static RedisKey Key(int partition) => $"reports:{partition}";

    internal ValueTask EnqueueAsync(Entry entry, CancellationToken cancellationToken)
    {
        var partition = (int)(XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(entry.Machine)) % PeerOptions.Partitions);
        return _queues[partition].Writer.WriteAsync(entry, cancellationToken);
    }

    internal ChannelReader<Entry> Queue(int partition) => _queues[partition].Reader;

    internal void Ring(int partition) => _bells[partition].Writer.TryWrite(true);

    internal ChannelReader<bool> Bell(int partition) => _bells[partition].Reader;
}
