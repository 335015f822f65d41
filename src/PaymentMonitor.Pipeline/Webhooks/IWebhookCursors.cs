namespace PaymentMonitor.Pipeline;

/// <summary>
/// How far each endpoint is with each order, and which of them have work. Cosmos DB and a Storage queue in Azure, SQLite embedded.
/// Whoever signals work may forget it: it is done at least once.
/// </summary>
public interface IWebhookCursors
{
    /// <summary>Says that these have work. It is durable when this returns.</summary>
    ValueTask SignalAsync(IReadOnlyList<WebhookSignal> signals, CancellationToken cancellationToken);

    /// <summary>
    /// Takes a cursor, making it if there is none, so that nobody else delivers for it. The lease ends with a change that releases
    /// it, or by itself if its holder dies.
    /// </summary>
    /// <returns>Null if there is nothing to do now, or somebody else has it: then its work is not forgotten.</returns>
    ValueTask<WebhookCursor?> LeaseAsync(CursorKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Applies a change to the newest state of a cursor, making it if there is none, and saves it together with the attempt that
    /// led to it. Where it is due, it has work then.
    /// </summary>
    /// <param name="change">Pure: it may run several times.</param>
    /// <param name="release">Ends the caller's lease.</param>
    ValueTask<WebhookCursor> ChangeAsync(
        CursorKey key, Func<WebhookCursor, WebhookCursor> change, DeliveryAttempt? attempt, bool release, CancellationToken cancellationToken);

    /// <summary>The same change for several cursors, at most 500. Some may be changed when it fails.</summary>
    ValueTask ChangeAllAsync(IReadOnlyList<CursorKey> keys, Func<WebhookCursor, WebhookCursor> change, CancellationToken cancellationToken);

    /// <summary>Lets a leased cursor go as it is.</summary>
    ValueTask ReleaseAsync(CursorKey key, CancellationToken cancellationToken);

    /// <summary>Cursors of an endpoint, a page of at most 500 at a time.</summary>
    ValueTask<CursorPage> ListAsync(string endpointId, CursorFilter filter, string? continuation, CancellationToken cancellationToken);
}

/// <param name="Continuation">The token of the next page, or null after the last.</param>
public sealed record CursorPage(IReadOnlyList<CursorKey> Keys, string? Continuation);

/// <summary>Which cursors are listed.</summary>
/// <param name="Kind">Only these.</param>
/// <param name="ChangedSince">Changed at or after this moment.</param>
public sealed record CursorFilter(CursorKind Kind, DateTimeOffset? ChangedSince = null);

public enum CursorKind
{
    Any,

    /// <summary>Something waits for the endpoint to be enabled.</summary>
    Waiting,

    /// <summary>A notice was parked.</summary>
    Parked,
}
