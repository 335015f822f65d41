using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server;

/// <summary>Tries parked callbacks again each second, so that money that was faster than its machine waits no longer than that.</summary>
internal sealed partial class ParkedRetry(ProviderIntake intake, TimeProvider time, ILogger<ParkedRetry> logger) : RepeatedWork(TimeSpan.FromSeconds(1), time)
{
    protected override async Task RoundAsync(CancellationToken stoppingToken) => await intake.RetryParkedAsync(stoppingToken);

    protected override void Failed(Exception exception) => Log.RetryFailed(logger, exception);

    private static partial class Log
    {
        [LoggerMessage(EventId = 6120, Level = LogLevel.Warning, Message = "Parked callbacks of the payment provider could not be tried again; they stay parked")]
        internal static partial void RetryFailed(ILogger logger, Exception exception);
    }
}
