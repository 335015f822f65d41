using Microsoft.Extensions.Logging;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Does the work of one cursor: delivers what its endpoint is to be told of its order, one notice after the other, until nothing is
/// left or one fails. The delivery comes first and its entry in the books after it, so a crash between them delivers once more.
/// </summary>
public sealed partial class WebhookDelivery(
    IWebhookEndpoints endpoints,
    IWebhookCursors cursors,
    IOrders orders,
    WebhookSender sender,
    EndpointHealth health,
    WebhookMetrics metrics,
    TimeProvider time,
    ILogger<WebhookDelivery> logger)
{
    public async Task WorkAsync(CursorKey key, CancellationToken cancellationToken)
    {
        if (await cursors.LeaseAsync(key, cancellationToken) is not { } cursor)
        {
            return;
        }

        try
        {
            await DeliverAsync(cursor, cancellationToken);
        }
        catch
        {
            // The cursor stays due. A lease that cannot be given back ends by itself.
            await cursors.ReleaseAsync(key, CancellationToken.None);
            throw;
        }
    }

    private async Task DeliverAsync(WebhookCursor cursor, CancellationToken cancellationToken)
    {
        var key = cursor.Key;
        var order = await orders.ReadAsync(key.Order, cancellationToken);
        while (true)
        {
            var endpoint = await FindAsync(key.EndpointId, cancellationToken);
            if (order is null || endpoint is null)
            {
                await cursors.ChangeAsync(key, newest => newest.Ended(time.GetUtcNow()), null, release: true, cancellationToken);
                return;
            }

            if (cursor.Pick(order, endpoint) is not { } notice)
            {
                await cursors.ChangeAsync(key, newest => newest.Settled(order.Notices.Length, time.GetUtcNow()), null, release: true, cancellationToken);
                return;
            }

            if (!endpoint.IsEnabled)
            {
                await cursors.ChangeAsync(key, newest => newest.Held(time.GetUtcNow()), null, release: true, cancellationToken);
                return;
            }

            var (round, sent) = (cursor.Round, await SendAsync(cursor, order, endpoint, notice, cancellationToken));
            cursor = await cursors.ChangeAsync(
                key, newest => newest.Round == round ? sent.Change(newest) : newest, sent.Attempt, sent.IsLast, cancellationToken);
            if (sent.IsLast)
            {
                return;
            }
        }
    }

    private async Task<Sent> SendAsync(WebhookCursor cursor, Order order, WebhookEndpoint endpoint, Notice notice, CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow();
        var result = await sender.SendAsync(endpoint, WebhookBody.Id(cursor.Key.Order, notice.N), WebhookBody.Of(order, notice), cancellationToken);
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        if (result.IsSuccess)
        {
            await health.SucceededAsync(endpoint, cancellationToken);
            return Next(newest => newest.Delivered(notice.N, now), AttemptOutcome.Delivered);
        }

        if (result.IsGone)
        {
            await health.DisableAsync(endpoint, DisabledReasons.Gone, cancellationToken);
            return Last(newest => newest.Held(now), AttemptOutcome.Failed, null);
        }

        await health.FailedAsync(endpoint, cancellationToken);
        if (WebhookSchedule.Next(cursor.Failures + 1, Jitter(), result.RetryAfter) is { } wait)
        {
            return Last(newest => newest.Failed(now + wait, now), AttemptOutcome.Failed, now + wait);
        }

        Log.Parked(logger, notice.N, notice.Type, cursor.Key.Order, endpoint.Id);
        return Next(newest => newest.Park(notice, now), AttemptOutcome.Parked);

        // After the last notice, one write is enough for both: it is delivered, and nothing is left.
        Sent Next(Func<WebhookCursor, WebhookCursor> change, AttemptOutcome outcome) => change(cursor).Pick(order, endpoint) is null
            ? Last(newest => change(newest).Settled(order.Notices.Length, now), outcome, null)
            : Last(change, outcome, null) with { IsLast = false };

        Sent Last(Func<WebhookCursor, WebhookCursor> change, AttemptOutcome outcome, DateTimeOffset? nextAt)
        {
            var attempt = new DeliveryAttempt(
                cursor.Key, notice.N, notice.Type, cursor.Failures + 1, at, outcome, result.Status, result.Error, (int)result.Duration.TotalMilliseconds, result.Answer, nextAt);
            metrics.Attempted(attempt, result.Duration, now - notice.Time);
            return new Sent(change, attempt, IsLast: true);
        }
    }

    private async ValueTask<WebhookEndpoint?> FindAsync(string endpointId, CancellationToken cancellationToken)
    {
        foreach (var endpoint in await endpoints.ListAsync(cancellationToken))
        {
            if (endpoint.Id == endpointId)
            {
                return endpoint;
            }
        }

        return null;
    }

    // Not for secrets: it only keeps retries from coming together.
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5394", Justification = "Jitter needs no secrecy.")]
    private static double Jitter() => Random.Shared.NextDouble();

    /// <param name="Change">What is written into the books.</param>
    /// <param name="IsLast">Nothing more is to be sent now.</param>
    private sealed record Sent(Func<WebhookCursor, WebhookCursor> Change, DeliveryAttempt Attempt, bool IsLast);

    private static partial class Log
    {
        [LoggerMessage(6201, LogLevel.Warning, "Notice {Notice} ({Type}) of order {Order} could not be delivered to the webhook endpoint {Endpoint} in all of its attempts and is parked: see the delivery log")]
        internal static partial void Parked(ILogger logger, int notice, string type, OrderKey order, string endpoint);
    }
}
