using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>
/// Each minute, has enabled endpoints go on with what still waits; each hour, takes out attempts and cursors that are older than
/// the retention, and what deleted endpoints left behind.
/// </summary>
internal sealed partial class WebhookUpkeep(EmbeddedStore store, WebhookRegistry registry, TimeProvider time, ILogger<WebhookUpkeep> logger)
    : RepeatedWork(TimeSpan.FromMinutes(1), time, atOnce: true)
{
    private const int TrimEvery = 60;

    private int _minutes;

    protected override async Task RoundAsync(CancellationToken stoppingToken)
    {
        await registry.ResumeAsync(stoppingToken);
        if (_minutes++ % TrimEvery == 0)
        {
            await store.WebhookLog.TrimAsync(stoppingToken);
            await store.WebhookCursors.TrimAsync(stoppingToken);
        }
    }

    protected override void Failed(Exception exception) => Log.Failed(logger, exception);

    private static partial class Log
    {
        [LoggerMessage(6212, LogLevel.Warning, "The upkeep of webhooks failed; it is tried again in a minute")]
        internal static partial void Failed(ILogger logger, Exception exception);
    }
}
