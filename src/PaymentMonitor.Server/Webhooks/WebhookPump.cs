using System.Collections.Concurrent;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>
/// Reads the changed orders from the feed, with a position of its own, and has the endpoints that want to know told. Position and
/// signals are one transaction, so a crash skips nothing.
/// </summary>
internal sealed partial class WebhookPump(EmbeddedStore store, WebhookDelivery delivery, WebhookOptions options, TimeProvider time, ILogger<WebhookPump> logger) : BackgroundService
{
    private const int PageSize = 256;
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, WebhookLane> _lanes = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _giveUp = new();
    private readonly Growth _grew = new();

    private long _position;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);

        // What is on its way may still be answered: what is booked is not sent again after the next start.
        var idle = Task.WhenAll(_lanes.Values.Select(lane => lane.StopAsync()));
        await Task.WhenAny(idle, Task.Delay(StopWithin, time, cancellationToken));
        await _giveUp.CancelAsync();
        await idle;
    }

    public override void Dispose()
    {
        foreach (var lane in _lanes.Values)
        {
            lane.Dispose();
        }

        _giveUp.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        store.Loop.FeedGrew += _grew.Note;
        store.WebhookCursors.Due += (key, dueAt) => LaneOf(key.EndpointId).Note(key, dueAt);
        foreach (var endpoint in store.WebhookEndpoints.All)
        {
            LaneOf(endpoint.Id).LookIntoStore();
        }

        await _grew.FollowAsync(SignalPageAsync, e => Log.FeedFailed(logger, e), time, stoppingToken);
    }

    /// <returns>Whether there may be more.</returns>
    private async ValueTask<bool> SignalPageAsync(CancellationToken cancellationToken)
    {
        if (store.Feed.Position(EmbeddedWebhookEndpoints.Consumer) is not { } saved)
        {
            return false;
        }

        var position = Math.Max(saved, _position);
        var page = await store.Feed.ReadAsync(position, PageSize, cancellationToken);
        if (page.Position == position)
        {
            return false;
        }

        var endpoints = store.WebhookEndpoints.All;
        var signals = page.Orders.SelectMany(order => WebhookSignal.Of(endpoints, order)).ToList();

        // Changes that no endpoint wants to hear of are not worth a transaction each.
        if (signals.Count > 0 || page.Position - saved >= PageSize)
        {
            await store.WebhookCursors.SignalAsync(signals, page.Position, cancellationToken);
        }

        _position = page.Position;
        return true;
    }

    private WebhookLane LaneOf(string endpointId) => _lanes.GetOrAdd(
        endpointId, id => new WebhookLane(id, store.WebhookCursors, WorkAsync, options.ConcurrencyPerEndpoint, time));

    private async Task WorkAsync(CursorKey key)
    {
        try
        {
            await delivery.WorkAsync(key, _giveUp.Token);
        }
        catch (OperationCanceledException) when (_giveUp.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            // It is still due in the store; after a while it is looked for there.
            Log.WorkFailed(logger, key.ToString(), e);
            LaneOf(key.EndpointId).Note(key, time.GetUtcNow() + AfterFailure);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6210, LogLevel.Error, "The changed orders could not be passed on to webhooks; it is tried again")]
        internal static partial void FeedFailed(ILogger logger, Exception exception);

        [LoggerMessage(6211, LogLevel.Error, "The deliveries of {Cursor} could not be worked off; it is tried again")]
        internal static partial void WorkFailed(ILogger logger, string cursor, Exception exception);
    }
}
