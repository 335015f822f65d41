using PaymentMonitor.Azure;

namespace PaymentMonitor.Server;

/// <summary>Each minute: looks in Cosmos DB for orders whose time came and passed, as the timer of the Functions app does. The server's own alarms come first.</summary>
internal sealed partial class DueSweep(OrderSweep sweep, TimeProvider time, ILogger<DueSweep> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(Every, time);
        while (await ticks.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await sweep.RunAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 6405, Level = LogLevel.Warning, Message = "Orders that are due could not be looked for; it is tried again in a minute")]
        internal static partial void Failed(ILogger logger, Exception exception);
    }
}
