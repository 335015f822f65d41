using System.Collections.Immutable;

namespace PaymentMonitor.Pipeline;

/// <summary>When a failed delivery is tried again: the schedule of Standard Webhooks, ten attempts over a little more than three days.</summary>
public static class WebhookSchedule
{
    /// <summary>A wait is up to this part longer than the schedule says, so that what failed together does not come back together.</summary>
    public const double Jitter = 0.1;

    /// <summary>An endpoint may ask for a longer wait, up to this.</summary>
    public static readonly TimeSpan RetryAfterMax = TimeSpan.FromHours(24);

    private static readonly ImmutableArray<TimeSpan> Waits =
    [
        TimeSpan.FromSeconds(5),
        TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(2),
        TimeSpan.FromHours(5),
        TimeSpan.FromHours(10),
        TimeSpan.FromHours(14),
        TimeSpan.FromHours(20),
        TimeSpan.FromHours(24),
    ];

    public static int AttemptsMax => Waits.Length + 1;

    /// <param name="failures">How many attempts have failed, the newest included: from 1.</param>
    /// <param name="random">From 0 to 1: where in the jitter.</param>
    /// <param name="retryAfter">What the endpoint asked for.</param>
    /// <returns>The wait before the next attempt, or null when the schedule is over.</returns>
    public static TimeSpan? Next(int failures, double random, TimeSpan? retryAfter)
    {
        if (failures >= AttemptsMax)
        {
            return null;
        }

        // In whole milliseconds, as it is stored.
        var wait = TimeSpan.FromMilliseconds(Math.Ceiling(Waits[failures - 1].TotalMilliseconds * (1 + (Jitter * random))));
        return retryAfter is { } asked && asked > wait ? (asked < RetryAfterMax ? asked : RetryAfterMax) : wait;
    }
}
