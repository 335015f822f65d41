using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server;

/// <summary>Tries parked callbacks again each second, so that money that was faster than its machine waits no longer than that.</summary>
internal sealed partial class ParkedRetry(ProviderIntake intake, TimeProvider time, ILogger<ParkedRetry> logger) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(LookEvery, time);
        while (await ticks.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await intake.RetryParkedAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.RetryFailed(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 6120, Level = LogLevel.Warning, Message = "Parked callbacks of the payment provider could not be tried again; they stay parked")]
        internal static partial void RetryFailed(ILogger logger, Exception exception);
    }
}
