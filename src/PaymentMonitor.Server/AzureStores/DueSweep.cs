using PaymentMonitor.Azure;

namespace PaymentMonitor.Server;

/// <summary>Each minute: looks in Cosmos DB for orders whose time came and passed, as the timer of the Functions app does. The server's own alarms come first.</summary>
internal sealed partial class DueSweep(OrderSweep sweep, TimeProvider time, ILogger<DueSweep> logger) : RepeatedWork(TimeSpan.FromMinutes(1), time)
{
    protected override Task RoundAsync(CancellationToken stoppingToken) => sweep.RunAsync(stoppingToken);

    protected override void Failed(Exception exception) => Log.Failed(logger, exception);

    private static partial class Log
    {
        [LoggerMessage(EventId = 6405, Level = LogLevel.Warning, Message = "Orders that are due could not be looked for; it is tried again in a minute")]
        internal static partial void Failed(ILogger logger, Exception exception);
    }
}
