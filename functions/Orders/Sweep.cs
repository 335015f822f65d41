using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Azure;

namespace PaymentMonitor.Functions;

/// <summary>Each minute: wakes orders whose alarm was lost.</summary>
public sealed partial class Sweep(OrderSweep sweep, ILogger<Sweep> logger)
{
    [Function(nameof(Sweep))]
    public async Task RunAsync([TimerTrigger("0 * * * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        if (await sweep.RunAsync(cancellationToken) is var woken and > 0)
        {
            Log.Woken(logger, woken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5221, LogLevel.Warning, "Woke {Count} orders whose alarm did not come, or whose events wait in a backlog.")]
        internal static partial void Woken(ILogger logger, int count);
    }
}
