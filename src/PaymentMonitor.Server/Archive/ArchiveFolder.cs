using System.Globalization;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server;

/// <summary>
/// The archive: a folder <c>orders/date=YYYY-MM-DD</c> for each day on which orders began, with Parquet files in it. A file appears as a whole
/// or not at all. Its time is the moment from which on changes of its orders may be missing in it.
/// </summary>
internal sealed class ArchiveFolder(string path)
{
    internal const string FolderName = "archive";
    private const string DayFile = "orders.parquet";

    internal string Path { get; } = path;

    internal static ArchiveFolder In(string dataFolder) => new(System.IO.Path.Combine(dataFolder, FolderName));

    /// <summary>Where DuckDB finds all of it.</summary>
    internal string Pattern => System.IO.Path.Combine(Path, "orders", "*", "*.parquet");

    internal bool IsEmpty => !Directory.Exists(Path) || !Directory.EnumerateFiles(Path, "*.parquet", SearchOption.AllDirectories).Any();

    /// <summary>As of when the day is archived, or null: not yet.</summary>
    internal DateTimeOffset? WrittenAt(DateOnly day)
    {
        var file = new FileInfo(System.IO.Path.Combine(Of(day), DayFile));
        return file.Exists ? new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero) : null;
    }

    /// <summary>Writes the orders that began on a day, in place of what was written of it before.</summary>
    internal Task<int> WriteDayAsync(DateOnly day, IAsyncEnumerable<Order> orders, DateTimeOffset asOf, CancellationToken cancellationToken) =>
        WriteAsync(System.IO.Path.Combine(Of(day), DayFile), orders, asOf, cancellationToken);

    /// <summary>Adds orders of a day that changed after it was written, or that leave the store before it is.</summary>
    internal Task<int> AddLateAsync(DateOnly day, IReadOnlyList<Order> orders, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        var path = Enumerable.Range(0, int.MaxValue)
            .Select(nth => System.IO.Path.Combine(Of(day), string.Create(CultureInfo.InvariantCulture, $"late-{asOf.ToUnixTimeMilliseconds()}-{nth}.parquet")))
            .First(path => !File.Exists(path));
        return WriteAsync(path, orders.ToAsyncEnumerable(), asOf, cancellationToken);
    }

    private static async Task<int> WriteAsync(string path, IAsyncEnumerable<Order> orders, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        var beside = path + ".new";
        int count;
        await using (var file = new FileStream(beside, FileMode.Create, FileAccess.ReadWrite))
        {
            count = await OrderArchive.WriteAsync(file, orders, cancellationToken);
            file.Flush(flushToDisk: true);
        }

        if (count == 0)
        {
            File.Delete(beside);
            return 0;
        }

        File.SetLastWriteTimeUtc(beside, asOf.UtcDateTime);
        File.Move(beside, path, overwrite: true);
        return count;
    }

    private string Of(DateOnly day) => System.IO.Path.Combine(Path, "orders", string.Create(CultureInfo.InvariantCulture, $"date={day:yyyy-MM-dd}"));
}
