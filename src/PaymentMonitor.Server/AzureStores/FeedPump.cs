using PaymentMonitor.Domain;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>Gives each changed order of the feed to one consumer, which has a position of its own, as a trigger of the change feed has: at least once, and the newest state.</summary>
internal sealed partial class FeedPump(EmbeddedStore store, string consumer, Func<Order, CancellationToken, Task> take, TimeProvider time, ILogger<FeedPump> logger) : BackgroundService
{
    private const int PageSize = 128;

    private readonly Growth _grew = new();
    private long _position;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _position = await store.Feed.JoinAsync(consumer, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        store.Loop.FeedGrew += _grew.Note;
        await _grew.FollowAsync(TakePageAsync, e => Log.Failed(logger, consumer, e), time, stoppingToken);
    }

    private async ValueTask<bool> TakePageAsync(CancellationToken cancellationToken)
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
