using System.Security.Cryptography;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>Makes subscriptions, changes them, and has notices sent again.</summary>
public sealed class WebhookRegistry(
    IWebhookEndpoints endpoints, IWebhookCursors cursors, IOrders orders, SecretBox secrets, WebhookSender sender, WebhookOptions options, TimeProvider time)
{
    /// <summary>How long the old secret still signs after a rotation, unless told otherwise.</summary>
    public static readonly TimeSpan RotationOverlap = TimeSpan.FromHours(24);

    private static readonly Uri NoUrl = new("https://none.invalid/");

    public async Task<WebhookAnswer> AddAsync(WebhookTerms terms, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(terms);
        if (terms.Url is null)
        {
            return WebhookAnswer.Refuse("invalid-url", "'url' must be given: an https address.");
        }

        if (terms.Secret is { } given && !WebhookSecret.TryParse(given, out _))
        {
            return WebhookAnswer.Refuse("invalid-secret", $"'secret' must be {WebhookSecret.Rule}; left out, one is made.");
        }

        if ((await endpoints.ListAsync(cancellationToken)).Count >= options.EndpointsMax)
        {
            return WebhookAnswer.Refuse("too-many-endpoints", $"There are {options.EndpointsMax} endpoints already; delete one first.");
        }

        var (now, id, secret) = (time.GetUtcNow(), $"ep_{RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 16)}", terms.Secret ?? WebhookSecret.Generate());
        var blank = new WebhookEndpoint(id, NoUrl, [], [], [new SealedSecret(secrets.Seal(secret, id), now)], now) { Since = Wholly(now) };
        if (!terms.TryApply(blank, options.AllowPrivate, out var endpoint, out var error))
        {
            return new WebhookAnswer.Refused(error);
        }

        return await endpoints.TryWriteAsync(endpoint, cancellationToken)
            ? new WebhookAnswer.Done(endpoint with { Revision = 1 }, secret)
            : throw new InvalidOperationException("A random id was drawn twice.");
    }

    public Task<WebhookAnswer> ChangeAsync(string endpointId, WebhookTerms terms, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(terms);
        return ChangeAsync(
            endpointId,
            endpoint => terms.TryApply(endpoint, options.AllowPrivate, out var changed, out var error) ? new WebhookAnswer.Done(changed, null) : new WebhookAnswer.Refused(error),
            cancellationToken);
    }

    /// <summary>Stops deliveries. What happens meanwhile waits, for as long as the retention says.</summary>
    public Task<WebhookAnswer> DisableAsync(string endpointId, CancellationToken cancellationToken) => ChangeAsync(
        endpointId,
        endpoint => new WebhookAnswer.Done(
            endpoint.IsEnabled ? endpoint with { DisabledAt = time.GetUtcNow(), DisabledFor = DisabledReasons.Asked } : endpoint, null),
        cancellationToken);

    /// <summary>Goes on with what has waited: for the endpoint to be enabled, or, where it only fails, for the time of its next attempt.</summary>
    /// <param name="skipWaiting">Leaves out everything before now instead.</param>
    public async Task<WebhookAnswer> EnableAsync(string endpointId, bool skipWaiting, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        DateTimeOffset? failingSince = null;
        var answer = await ChangeAsync(
            endpointId,
            endpoint => new WebhookAnswer.Done(
                Noting(endpoint) with { DisabledAt = null, DisabledFor = null, FailingSince = null, Since = skipWaiting ? Wholly(now) : endpoint.Since }, null),
            cancellationToken);
        if (answer is WebhookAnswer.Done)
        {
            await ChangeAllAsync(endpointId, new CursorFilter(CursorKind.Waiting), cursor => cursor.Waiting ? cursor.Resumed(now) : cursor, cancellationToken);
            if (failingSince is { } since)
            {
                await ChangeAllAsync(endpointId, new CursorFilter(CursorKind.Any, since - EndpointHealth.Blip), cursor => cursor.Failures > 0 ? cursor.Resumed(now) : cursor, cancellationToken);
            }
        }

        return answer;

        WebhookEndpoint Noting(WebhookEndpoint endpoint)
        {
            failingSince = endpoint.FailingSince;
            return endpoint;
        }
    }

    /// <summary>
    /// Has enabled endpoints go on with what still waits: a crash in the middle of enabling, or a worker that saw the endpoint
    /// disabled a moment too long, leave some behind. To be done now and then.
    /// </summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        foreach (var endpoint in await endpoints.ListAsync(cancellationToken))
        {
            if (endpoint.IsEnabled)
            {
                await ChangeAllAsync(endpoint.Id, new CursorFilter(CursorKind.Waiting), cursor => cursor.Waiting ? cursor.Resumed(now) : cursor, cancellationToken);
            }
        }
    }

    /// <returns>False if there was none.</returns>
    public ValueTask<bool> DeleteAsync(string endpointId, CancellationToken cancellationToken) => endpoints.DeleteAsync(endpointId, cancellationToken);

    /// <summary>Makes a new secret. The newest of the old ones signs too until the overlap is over.</summary>
    public Task<WebhookAnswer> RotateAsync(string endpointId, TimeSpan overlap, CancellationToken cancellationToken)
    {
        var (now, secret) = (time.GetUtcNow(), WebhookSecret.Generate());
        return ChangeAsync(
            endpointId,
            endpoint =>
            {
                var fresh = new SealedSecret(secrets.Seal(secret, endpointId), now);
                var newest = endpoint.Secrets.MaxBy(old => old.CreatedAt);

                // One that cannot be opened any more must not keep the new one from signing.
                var overlaps = overlap > TimeSpan.Zero && newest is not null && secrets.Open(newest.Sealed, endpointId) is not null;
                return new WebhookAnswer.Done(endpoint with { Secrets = overlaps ? [fresh, newest! with { ValidUntil = now + overlap }] : [fresh] }, secret);
            },
            cancellationToken);
    }

    /// <summary>Sends the endpoint a <c>webhook.test</c>, once, also if it is disabled.</summary>
    /// <returns>Null if there is no such endpoint.</returns>
    public async Task<DeliveryResult?> TestAsync(string endpointId, CancellationToken cancellationToken)
    {
        return await endpoints.ReadAsync(endpointId, cancellationToken) is { } endpoint
            ? await sender.SendAsync(endpoint, $"test/{Guid.CreateVersion7():n}", WebhookBody.Test(endpointId, time.GetUtcNow()), cancellationToken)
            : null;
    }

    /// <summary>Sends one notice again, or one that waits for its next attempt at once.</summary>
    /// <returns>Null if it will be sent.</returns>
    public async Task<NamedError?> ResendAsync(string endpointId, OrderKey key, int notice, CancellationToken cancellationToken)
    {
        if (await endpoints.ReadAsync(endpointId, cancellationToken) is null)
        {
            return WebhookAnswer.Unknown(endpointId);
        }

        if (await orders.ReadAsync(key, cancellationToken) is not { } order || notice < 1 || notice > order.Notices.Length)
        {
            return new NamedError("unknown-notice", $"The order '{key}' has no notice {notice}.");
        }

        var now = time.GetUtcNow();
        await cursors.ChangeAsync(new CursorKey(endpointId, key), cursor => cursor.Resend(notice, now), null, release: false, cancellationToken);
        return null;
    }

    /// <summary>Sends again what was parked since a moment, or, with <paramref name="all"/>, everything since then.</summary>
    /// <returns>The number of orders concerned, or null if there is no such endpoint.</returns>
    public async Task<int?> RecoverAsync(string endpointId, DateTimeOffset since, bool all, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (!all)
        {
            return await endpoints.ReadAsync(endpointId, cancellationToken) is null
                ? null
                : await ChangeAllAsync(endpointId, new CursorFilter(CursorKind.Parked), cursor => cursor.ResendParked(since, now), cancellationToken);
        }

        var answer = await ChangeAsync(
            endpointId, endpoint => new WebhookAnswer.Done(endpoint with { Since = since < endpoint.Since ? since : endpoint.Since }, null), cancellationToken);
        return answer is WebhookAnswer.Done
            ? await ChangeAllAsync(endpointId, new CursorFilter(CursorKind.Any, since), cursor => cursor.ResendAll(since, now), cancellationToken)
            : null;
    }

    // Orders are told the time in whole milliseconds; what happens in this one is still to be told.
    private static DateTimeOffset Wholly(DateTimeOffset now) => DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());

    private async Task<int> ChangeAllAsync(string endpointId, CursorFilter filter, Func<WebhookCursor, WebhookCursor> change, CancellationToken cancellationToken)
    {
        // All are found before the first is changed: a change may take a cursor out of the filter, or put it in again.
        var keys = new List<CursorKey>();
        string? continuation = null;
        do
        {
            var page = await cursors.ListAsync(endpointId, filter, continuation, cancellationToken);
            keys.AddRange(page.Keys);
            continuation = page.Continuation;
        }
        while (continuation is not null);

        foreach (var some in keys.Chunk(500))
        {
            await cursors.ChangeAllAsync(some, change, cancellationToken);
        }

        return keys.Count;
    }

    private async Task<WebhookAnswer> ChangeAsync(string endpointId, Func<WebhookEndpoint, WebhookAnswer> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await endpoints.ReadAsync(endpointId, cancellationToken) is not { } endpoint)
            {
                return new WebhookAnswer.Refused(WebhookAnswer.Unknown(endpointId));
            }

            // A lost race is read again and changed again.
            var answer = change(endpoint);
            if (answer is not WebhookAnswer.Done done || await endpoints.TryWriteAsync(done.Endpoint, cancellationToken))
            {
                return answer;
            }
        }
    }
}

/// <summary>What became of a change to the subscriptions.</summary>
public abstract record WebhookAnswer
{
    private WebhookAnswer()
    {
    }

    internal static WebhookAnswer Refuse(string name, string message) => new Refused(new NamedError(name, message));

    internal static NamedError Unknown(string endpointId) => new("unknown-endpoint", $"There is no webhook endpoint '{endpointId}'.");

    /// <param name="Secret">The new secret, shown once: only its encryption is stored.</param>
    public sealed record Done(WebhookEndpoint Endpoint, string? Secret) : WebhookAnswer;

    public sealed record Refused(NamedError Error) : WebhookAnswer;
}
