using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>
/// Each minute, has enabled endpoints go on with what still waits; each hour, takes out attempts and cursors that are older than
/// the retention, and what deleted endpoints left behind.
/// </summary>
internal sealed partial class WebhookUpkeep(EmbeddedStore store, WebhookRegistry registry, TimeProvider time, ILogger<WebhookUpkeep> logger) : BackgroundService
{
    private const int TrimEvery = 60;
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(Every, time);
        var minutes = 0;
        do
        {
            try
            {
                await registry.ResumeAsync(stoppingToken);
                if (minutes++ % TrimEvery == 0)
                {
                    await store.WebhookLog.TrimAsync(stoppingToken);
                    await store.WebhookCursors.TrimAsync(stoppingToken);
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
        while (await ticks.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(6212, LogLevel.Warning, "The upkeep of webhooks failed; it is tried again in a minute")]
        internal static partial void Failed(ILogger logger, Exception exception);
    }
}
