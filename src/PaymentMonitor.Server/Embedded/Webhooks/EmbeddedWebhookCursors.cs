using System.Collections.Concurrent;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// The cursors of webhooks in the file. Writes go through the loop, the only writer; leases are in memory, because the folder
/// belongs to this process: when it dies, so do they.
/// </summary>
internal sealed class EmbeddedWebhookCursors(OrderLoop loop, StoreReaders readers, TimeProvider time) : IWebhookCursors
{
    private const int PageSize = 500;

    private readonly ConcurrentDictionary<CursorKey, bool> _leased = new();

    /// <summary>After a write: the cursor has something to do at that time.</summary>
    internal event Action<CursorKey, DateTimeOffset>? Due;

    public async ValueTask SignalAsync(IReadOnlyList<WebhookSignal> signals, CancellationToken cancellationToken) =>
        await SignalAsync(signals, position: null, cancellationToken);

    /// <summary>The same, and moves the position in the feed past what led to the signals: both or none.</summary>
    internal async ValueTask SignalAsync(IReadOnlyList<WebhookSignal> signals, long? position, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var changed = await loop.WriteAsync(work => Signal(work.Writer.Database, signals, position, now), cancellationToken);
        changed.ForEach(Announce);
    }

    public ValueTask<WebhookCursor?> LeaseAsync(CursorKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_leased.TryAdd(key, true))
        {
            return ValueTask.FromResult<WebhookCursor?>(null);
        }

        using var lease = readers.Rent();
        if (WebhookRows.Of(lease.Reader.Database).Find(key) is { } cursor && cursor.DueAt <= time.GetUtcNow())
        {
            return ValueTask.FromResult<WebhookCursor?>(cursor);
        }

        _leased.TryRemove(key, out _);
        return ValueTask.FromResult<WebhookCursor?>(null);
    }

    public async ValueTask<WebhookCursor> ChangeAsync(
        CursorKey key, Func<WebhookCursor, WebhookCursor> change, DeliveryAttempt? attempt, bool release, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        var now = time.GetUtcNow();
        var changed = await loop.WriteAsync(
            work =>
            {
                var rows = WebhookRows.Of(work.Writer.Database);
                if (attempt is not null)
                {
                    rows.Add(attempt);
                }

                return Change(rows, key, change, now);
            },
            cancellationToken);
        if (release)
        {
            _leased.TryRemove(key, out _);
        }

        Announce(changed);
        return changed;
    }

    public async ValueTask ChangeAllAsync(IReadOnlyList<CursorKey> keys, Func<WebhookCursor, WebhookCursor> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        var now = time.GetUtcNow();
        var changed = await loop.WriteAsync(
            work => keys.Select(key => Change(WebhookRows.Of(work.Writer.Database), key, change, now)).ToList(), cancellationToken);
        changed.ForEach(Announce);
    }

    public ValueTask ReleaseAsync(CursorKey key, CancellationToken cancellationToken)
    {
        _leased.TryRemove(key, out _);
        return ValueTask.CompletedTask;
    }

    public ValueTask<CursorPage> ListAsync(string endpointId, CursorFilter filter, string? continuation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentNullException.ThrowIfNull(filter);
        var kind = filter.Kind switch
        {
            CursorKind.Waiting => " AND waiting = 1",
            CursorKind.Parked => " AND parked = 1",
            _ => "",
        };
        using var lease = readers.Rent();
        using var statement = lease.Reader.Database.Prepare(
            $"SELECT machineId, orderId FROM webhook_cursors WHERE endpointId = ?1 AND (machineId, orderId) > (?2, ?3) AND updatedAt >= ?4{kind} ORDER BY machineId, orderId LIMIT {PageSize}");
        var after = (continuation ?? "/").Split('/');
        statement.Bind(1, endpointId).Bind(2, after[0]).Bind(3, after[1]).Bind(4, filter.ChangedSince?.ToUnixTimeMilliseconds() ?? 0);
        var keys = StoreReader.All(statement, row => WebhookRows.ReadKey(endpointId, row, 0));
        return ValueTask.FromResult(new CursorPage(keys, keys.Count == PageSize ? keys[^1].Order.ToString() : null));
    }

    /// <summary>Takes out cursors that nobody has changed for the retention, and those of endpoints that are gone.</summary>
    internal async Task TrimAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - WebhookOptions.Retention;
        for (var keys = Expired(before); keys.Count > 0; keys = Expired(before))
        {
            await loop.WriteAsync(work => Delete(work.Writer.Database, keys), cancellationToken);
        }
    }

    /// <summary>The first cursors of an endpoint that are due, and when the next will be.</summary>
    internal (List<CursorKey> Keys, DateTimeOffset? Next) FindDue(string endpointId, int limit)
    {
        var now = time.GetUtcNow();
        using var lease = readers.Rent();
        var rows = WebhookRows.Of(lease.Reader.Database);
        return (rows.Due(endpointId, now, limit), rows.NextDue(endpointId, now));
    }

    private static List<WebhookCursor> Signal(Database database, IReadOnlyList<WebhookSignal> signals, long? position, DateTimeOffset now)
    {
        var rows = WebhookRows.Of(database);
        var changed = new List<WebhookCursor>(signals.Count);
        foreach (var (key, through) in signals)
        {
            var before = rows.Find(key) ?? WebhookCursor.New(key, now);
            var after = before.Signalled(through, now);
            if (!ReferenceEquals(after, before))
            {
                rows.Save(after);
                changed.Add(after);
            }
        }

        if (position is { } behind)
        {
            OrderFeed.Save(database, EmbeddedWebhookEndpoints.Consumer, behind);
        }

        return changed;
    }

    private static WebhookCursor Change(WebhookRows rows, CursorKey key, Func<WebhookCursor, WebhookCursor> change, DateTimeOffset now)
    {
        var changed = change(rows.Find(key) ?? WebhookCursor.New(key, now));
        rows.Save(changed);
        return changed;
    }

    // Looked for beside the loop: the table may be large.
    private List<CursorKey> Expired(DateTimeOffset before)
    {
        using var lease = readers.Rent();
        using var statement = lease.Reader.Database.Prepare(
            $"SELECT endpointId, machineId, orderId FROM webhook_cursors WHERE updatedAt < ?1 OR endpointId NOT IN (SELECT id FROM webhook_endpoints) LIMIT {PageSize}");
        return StoreReader.All(statement.Bind(1, before.ToUnixTimeMilliseconds()), row => WebhookRows.ReadKey(row.Text(0), row, 1));
    }

    private static int Delete(Database database, List<CursorKey> keys)
    {
        using var delete = database.Prepare("DELETE FROM webhook_cursors WHERE endpointId = ?1 AND machineId = ?2 AND orderId = ?3");
        foreach (var key in keys)
        {
            delete.Bind(1, key.EndpointId).Bind(2, key.Order.MachineId.Value).Bind(3, key.Order.OrderId.Value).Run();
        }

        return keys.Count;
    }

    private void Announce(WebhookCursor cursor)
    {
        if (cursor.DueAt is { } due)
        {
            Due?.Invoke(cursor.Key, due);
        }
    }
}
