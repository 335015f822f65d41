using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server;

/// <summary>The archive in a folder. The time of a file is the moment from which on changes of its orders may be missing in it.</summary>
internal sealed class ArchiveFolder(string path) : IOrderArchive
{
    internal const string FolderName = "archive";

    internal string Path { get; } = path;

    internal static ArchiveFolder In(string dataFolder) => new(System.IO.Path.Combine(dataFolder, FolderName));

    /// <summary>Where DuckDB finds all of it.</summary>
    internal string Pattern => System.IO.Path.Combine(Path, "orders", "*", "*.parquet");

    internal bool IsEmpty => !Directory.Exists(Path) || !Directory.EnumerateFiles(Path, "*.parquet", SearchOption.AllDirectories).Any();

    public ValueTask<DateTimeOffset?> WrittenAtAsync(DateOnly day, CancellationToken cancellationToken)
    {
        var file = new FileInfo(System.IO.Path.Combine(Of(day), ArchiveDays.DayFile));
        return ValueTask.FromResult(file.Exists ? new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero) : (DateTimeOffset?)null);
    }

    public Task<int> WriteDayAsync(DateOnly day, IAsyncEnumerable<Order> orders, DateTimeOffset asOf, CancellationToken cancellationToken) =>
        WriteAsync(System.IO.Path.Combine(Of(day), ArchiveDays.DayFile), orders, asOf, cancellationToken);

    public Task<int> AddLateAsync(DateOnly day, IReadOnlyList<Order> orders, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        var path = Enumerable.Range(0, int.MaxValue)
            .Select(nth => System.IO.Path.Combine(Of(day), ArchiveDays.LateFile(asOf, nth)))
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

    private string Of(DateOnly day) => System.IO.Path.Combine([Path, .. ArchiveDays.FolderOf(day).Split('/')]);
}
