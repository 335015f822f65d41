using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Azure;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>Each hour: writes the days that are over into the archive, the last of them first a little and then for good.</summary>
public sealed partial class Archive(ArchiveDays days, CosmosOrders orders, TimeProvider time, ILogger<Archive> logger)
{
    /// <summary>How long an application that stood still makes up for.</summary>
    private const int DaysMax = 31;

    [Function(nameof(Archive))]
    [FixedDelayRetry(3, "00:01:00")]
    public async Task RunAsync([TimerTrigger("0 20 * * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        var first = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(-DaysMax);
        foreach (var (day, count) in await days.RunAsync(first, day => orders.OfDayAsync(day, cancellationToken), cancellationToken))
        {
            Log.Written(logger, day, count);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5241, LogLevel.Information, "Archived {Count} orders of {Day}.")]
        internal static partial void Written(ILogger logger, DateOnly day, int count);
    }
}
