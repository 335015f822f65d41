using System.Threading.Channels;
using PaymentMonitor.Domain;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>Gives each changed order of the feed to one consumer, which has a position of its own, as a trigger of the change feed has: at least once, and the newest state.</summary>
internal sealed partial class FeedPump(EmbeddedStore store, string consumer, Func<Order, CancellationToken, Task> take, TimeProvider time, ILogger<FeedPump> logger) : BackgroundService
{
    private const int PageSize = 128;
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _grew = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private long _position;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _position = await store.Feed.JoinAsync(consumer, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        store.Loop.FeedGrew += () => _grew.Writer.TryWrite(true);
        do
        {
            try
            {
                while (await TakePageAsync(stoppingToken))
                {
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, consumer, e);
                await Task.Delay(AfterFailure, time, stoppingToken);
                _grew.Writer.TryWrite(true);
            }
        }
        while (await _grew.Reader.ReadAsync(stoppingToken));
    }

    private async Task<bool> TakePageAsync(CancellationToken cancellationToken)
    {
        var page = await store.Feed.ReadAsync(_position, PageSize, cancellationToken);
        if (page.Position == _position)
        {
            return false;
        }

        await Task.WhenAll(page.Orders.Select(order => take(order, cancellationToken)));
        await store.Feed.SaveAsync(consumer, page.Position, cancellationToken);
        _position = page.Position;
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 6402, Level = LogLevel.Error, Message = "The changed orders could not be given to {Consumer}; it is tried again")]
        internal static partial void Failed(ILogger logger, string consumer, Exception exception);
    }
}
