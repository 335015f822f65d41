using System.Globalization;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Which days go into the archive when: each when it is over, and once more when it has been over for a day, because orders go on
/// after midnight. Days that were missed are made up for.
/// </summary>
public sealed class ArchiveDays(IOrderArchive archive, TimeProvider time)
{
    /// <summary>How long after its end a day is written for good.</summary>
    public static readonly TimeSpan Settled = TimeSpan.FromDays(1);

    /// <summary>Writes what is missing of the days that are over.</summary>
    /// <param name="first">The earliest day that is looked at.</param>
    /// <param name="ordersOf">The orders that began on a day.</param>
    /// <returns>The days that were written, with how many orders.</returns>
    public async Task<IReadOnlyList<ArchivedDay>> RunAsync(DateOnly first, Func<DateOnly, IAsyncEnumerable<Order>> ordersOf, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ordersOf);
        var now = time.GetUtcNow();
        var archived = new List<ArchivedDay>();
        for (var day = first; EndOf(day) <= now; day = day.AddDays(1))
        {
            if ((await archive.WrittenAtAsync(day, cancellationToken) is not { } written || (!IsFinal(day, written) && IsFinal(day, now)))
                && await archive.WriteDayAsync(day, ordersOf(day), now, cancellationToken) is var count and > 0)
            {
                archived.Add(new ArchivedDay(day, count));
            }
        }

        return archived;
    }

    public static DateTimeOffset EndOf(DateOnly day) => new(day.AddDays(1), TimeOnly.MinValue, TimeSpan.Zero);

    /// <summary>Whether what is written of the day at that moment is not written again.</summary>
    public static bool IsFinal(DateOnly day, DateTimeOffset at) => at >= EndOf(day) + Settled;

    /// <summary>Where the files of a day are: the partition by date that query engines know.</summary>
    public static string FolderOf(DateOnly day) => string.Create(CultureInfo.InvariantCulture, $"orders/date={day:yyyy-MM-dd}");

    /// <summary>A file with orders that changed after their day was written, or that left the store before it was, as of then.</summary>
    /// <param name="nth">Of those as of the same moment, from 0.</param>
    public static string LateFile(DateTimeOffset asOf, int nth = 0) => string.Create(CultureInfo.InvariantCulture, $"late-{asOf.ToUnixTimeMilliseconds()}-{nth}.parquet");

    /// <summary>The file with the orders of a day.</summary>
    public const string DayFile = "orders.parquet";
}

public readonly record struct ArchivedDay(DateOnly Day, int Orders);
