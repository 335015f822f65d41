using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Azure.Storage.Queues;
using Microsoft.Azure.Cosmos;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>
/// The cursors of webhooks in Cosmos DB, and a Storage queue whose messages say only that a cursor has work. A lease is a
/// conditional write. A message is sent before what it is about is written: one too many finds nothing to do.
/// </summary>
public sealed class CosmosWebhookCursors : IWebhookCursors
{
    public const string Queue = "webhooks";

    private const int PageSize = 500;
    private const int AtOnce = 16;

    /// <summary>Longer than an attempt with all that belongs to it; each notice of the order renews it.</summary>
    private static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(2);

    /// <summary>The queue's clock may be ahead of ours by less.</summary>
    private static readonly TimeSpan ClockError = TimeSpan.FromMinutes(1);

    private readonly DocumentSet<WebhookCursorDocument> _cursors;
    private readonly DocumentSet<WebhookAttemptDocument> _attempts;
    private readonly QueueClient _queue;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<CursorKey, string> _leases = new();

    public CosmosWebhookCursors(Database database, QueueClient queue, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(database);
        var container = database.GetContainer(CosmosDatabase.Webhooks);
        _cursors = new DocumentSet<WebhookCursorDocument>(container, WebhookDocumentJson.Default.WebhookCursorDocument);
        _attempts = new DocumentSet<WebhookAttemptDocument>(container, WebhookDocumentJson.Default.WebhookAttemptDocument);
        _queue = queue;
        _time = time;
    }

    public async ValueTask SignalAsync(IReadOnlyList<WebhookSignal> signals, CancellationToken cancellationToken) =>
        await Parallel.ForEachAsync(signals, Bounded(cancellationToken), (signal, token) => SendAsync(signal.Key, TimeSpan.Zero, token));

    /// <summary>Says that a cursor has work later, for whoever has no room for it now.</summary>
    public ValueTask PostponeAsync(CursorKey key, TimeSpan delay, CancellationToken cancellationToken) => SendAsync(key, delay, cancellationToken);

    public async ValueTask<WebhookCursor?> LeaseAsync(CursorKey key, CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = _time.GetUtcNow();
            var stored = await ReadAsync(key, cancellationToken);
            if (stored?.Document.LeaseUntil is { } until && until > now)
            {
                // Its holder may have looked at the order before this news: look again when it is done.
                await SendAsync(key, until - now, cancellationToken);
                return null;
            }

            var cursor = stored?.Document.Cursor ?? WebhookCursor.New(key, now);
            if (cursor.DueAt is { } dueAt && dueAt > now)
            {
                // A retry waits, and a message of its own comes for it. This one may be it, a little early.
                if (dueAt - now < ClockError)
                {
                    await SendAsync(key, dueAt - now, cancellationToken);
                }

                return null;
            }

            var lease = Guid.NewGuid().ToString("n");
            if (await TryWriteAsync(WebhookCursorDocument.Of(cursor, lease, now + LeaseTime), stored?.ETag, null, cancellationToken))
            {
                _leases[key] = lease;
                return cursor;
            }
        }
    }

    public async ValueTask<WebhookCursor> ChangeAsync(
        CursorKey key, Func<WebhookCursor, WebhookCursor> change, DeliveryAttempt? attempt, bool release, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        var announced = (DateTimeOffset?)null;
        while (true)
        {
            var now = _time.GetUtcNow();
            var stored = await ReadAsync(key, cancellationToken);
            var isOurs = _leases.TryGetValue(key, out var lease) && stored?.Document.LeaseId == lease;
            var changed = change(stored?.Document.Cursor ?? WebhookCursor.New(key, now));
            if (changed.DueAt is { } dueAt && dueAt != announced && !(isOurs && !release && dueAt == stored?.Document.Cursor.DueAt))
            {
                await SendAsync(key, dueAt - now, cancellationToken);
                announced = dueAt;
            }

            var document = isOurs
                ? WebhookCursorDocument.Of(changed, release ? null : lease, release ? null : now + LeaseTime)
                : WebhookCursorDocument.Of(changed, stored?.Document.LeaseId, stored?.Document.LeaseUntil);
            if (await TryWriteAsync(document, stored?.ETag, attempt, cancellationToken))
            {
                if (release)
                {
                    _leases.TryRemove(key, out _);
                }

                return changed;
            }
        }
    }

    public async ValueTask ChangeAllAsync(IReadOnlyList<CursorKey> keys, Func<WebhookCursor, WebhookCursor> change, CancellationToken cancellationToken) =>
        await Parallel.ForEachAsync(
            keys, Bounded(cancellationToken), async (key, token) => await ChangeAsync(key, change, null, release: false, token));

    public async ValueTask ReleaseAsync(CursorKey key, CancellationToken cancellationToken) =>
        await ChangeAsync(key, cursor => cursor, null, release: true, cancellationToken);

    public async ValueTask<CursorPage> ListAsync(string endpointId, CursorFilter filter, string? continuation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var kind = filter.Kind switch
        {
            CursorKind.Waiting => " AND c.waiting = true",
            CursorKind.Parked => " AND c.parked = true",
            _ => "",
        };
        var parts = (continuation ?? "0|").Split('|', 2);
        var part = int.Parse(parts[0], CultureInfo.InvariantCulture);
        var partition = WebhookPartition.Of(endpointId, part);
        var query = new QueryDefinition($"SELECT * FROM c WHERE c.pk = @pk AND c.kind = @kind AND c.updatedAt >= @since{kind}")
            .WithParameter("@pk", partition)
            .WithParameter("@kind", WebhookCursorDocument.CursorKind)
            .WithParameter("@since", filter.ChangedSince?.ToUnixTimeMilliseconds() ?? 0);
        var page = await _cursors.QueryAsync(query, partition, PageSize, parts[1].Length == 0 ? null : parts[1], cancellationToken);
        var next = page.Continuation is { } more ? $"{part}|{more}" : part + 1 < WebhookPartition.Count ? $"{part + 1}|" : null;
        return new CursorPage([.. page.Documents.Select(document => document.Cursor.Key)], next);
    }

    /// <summary>What a message of the queue is about.</summary>
    public static CursorKey KeyOf(string message)
    {
        var read = JsonSerializer.Deserialize(message, WebhookDocumentJson.Default.WebhookMessage)!;
        return new CursorKey(read.EndpointId, new OrderKey(MachineId.Parse(read.MachineId), OrderId.Parse(read.OrderId)));
    }

    private static ParallelOptions Bounded(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };

    private Task<Stored<WebhookCursorDocument>?> ReadAsync(CursorKey key, CancellationToken cancellationToken) =>
        _cursors.ReadAsync(WebhookCursorDocument.IdOf(key), WebhookPartition.Of(key), cancellationToken);

    // The attempt first: a crash in between leaves one in the log whose delivery will be repeated, and never one that is missing.
    private async Task<bool> TryWriteAsync(WebhookCursorDocument document, string? etag, DeliveryAttempt? attempt, CancellationToken cancellationToken)
    {
        if (attempt is not null)
        {
            var entry = WebhookAttemptDocument.Of(attempt);
            await _attempts.TryCreateAsync(entry, entry.Pk, cancellationToken);
        }

        return etag is null
            ? await _cursors.TryCreateAsync(document, document.Pk, cancellationToken)
            : await _cursors.TryReplaceAsync(document, document.Id, document.Pk, etag, cancellationToken);
    }

    private async ValueTask SendAsync(CursorKey key, TimeSpan delay, CancellationToken cancellationToken)
    {
        var message = new WebhookMessage(key.EndpointId, key.Order.MachineId.Value, key.Order.OrderId.Value);
        var wait = TimeSpan.FromSeconds(Math.Ceiling(Math.Max(0, delay.TotalSeconds)));
        await _queue.SendMessageAsync(
            JsonSerializer.Serialize(message, WebhookDocumentJson.Default.WebhookMessage),
            visibilityTimeout: wait,
            timeToLive: TimeSpan.FromSeconds(-1),
            cancellationToken: cancellationToken);
    }
}
