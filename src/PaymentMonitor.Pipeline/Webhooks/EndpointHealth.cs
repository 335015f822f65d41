using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Notes which endpoints fail all the time, and disables one that has failed for days or says that it is gone. An endpoint fails
/// from its first failure after a minute without success, so that one that fails now and then costs no writes.
/// </summary>
public sealed partial class EndpointHealth(IWebhookEndpoints endpoints, WebhookOptions options, WebhookMetrics metrics, TimeProvider time, ILogger<EndpointHealth> logger)
{
    internal static readonly TimeSpan Blip = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _lastSuccess = new(StringComparer.Ordinal);

    internal async ValueTask SucceededAsync(WebhookEndpoint endpoint, CancellationToken cancellationToken)
    {
        _lastSuccess[endpoint.Id] = time.GetUtcNow();
        if (endpoint.FailingSince is not null)
        {
            await ChangeAsync(endpoint.Id, stored => stored.FailingSince is null ? null : stored with { FailingSince = null }, cancellationToken);
        }
    }

    internal async ValueTask FailedAsync(WebhookEndpoint endpoint, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (endpoint.FailingSince is { } since)
        {
            if (now - since >= options.DisableAfter)
            {
                await DisableAsync(endpoint, DisabledReasons.Failing, cancellationToken);
            }
        }
        else if (!_lastSuccess.TryGetValue(endpoint.Id, out var success) || now - success >= Blip)
        {
            await ChangeAsync(endpoint.Id, stored => stored.FailingSince is null ? stored with { FailingSince = now } : null, cancellationToken);
        }
    }

    internal async ValueTask DisableAsync(WebhookEndpoint endpoint, string reason, CancellationToken cancellationToken)
    {
        if (await ChangeAsync(endpoint.Id, stored => stored.IsEnabled ? stored with { DisabledAt = time.GetUtcNow(), DisabledFor = reason } : null, cancellationToken))
        {
            metrics.Disabled(reason);
            Log.Disabled(logger, endpoint.Id, endpoint.Url.Host, reason);
        }
    }

    private async ValueTask<bool> ChangeAsync(string id, Func<WebhookEndpoint, WebhookEndpoint?> change, CancellationToken cancellationToken)
    {
        while (await endpoints.ReadAsync(id, cancellationToken) is { } stored && change(stored) is { } changed)
        {
            // A lost race is read again and changed again.
            if (await endpoints.TryWriteAsync(changed, cancellationToken))
            {
                return true;
            }
        }

        return false;
    }

    private static partial class Log
    {
        [LoggerMessage(6200, LogLevel.Error, "The webhook endpoint {Endpoint} ({Host}) was disabled: {Reason}. What is to be told waits until it is enabled")]
        internal static partial void Disabled(ILogger logger, string endpoint, string host, string reason);
    }
}
