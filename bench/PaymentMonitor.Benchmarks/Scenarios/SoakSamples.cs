using System.Diagnostics;
using System.Globalization;
using PaymentMonitor.Benchmarks.Servers;
using PaymentMonitor.Server;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>What a server takes of memory and disk, looked at again and again while a load runs.</summary>
internal sealed class SoakSamples(ServerProcess process, HttpClient http, string folder, TextWriter progress)
{
    private const string HeapSize = "dotnet_gc_last_collection_heap_size_bytes{";

    private readonly List<SoakSample> _taken = [];

    internal IReadOnlyList<SoakSample> Taken => _taken;

    /// <summary>Looks until it is cancelled.</summary>
    internal async Task TakeAsync(TimeSpan every, CancellationToken cancellationToken)
    {
        await progress.WriteLineAsync("    seconds  managed MB  resident MB  store MB  archive MB");
        var clock = Stopwatch.StartNew();
        using var ticks = new PeriodicTimer(every);
        try
        {
            do
            {
                var sample = new SoakSample(clock.Elapsed, await ManagedAsync(cancellationToken), process.ResidentBytes, Bytes(isArchive: false), Bytes(isArchive: true));
                _taken.Add(sample);
                await progress.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"    {sample.At.TotalSeconds,7:F0}  {Mb(sample.ManagedBytes),10:F1}  {Mb(sample.ResidentBytes),11:F1}  {Mb(sample.StoreBytes),8:F1}  {Mb(sample.ArchiveBytes),10:F1}"));
            }
            while (await ticks.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The load is over.
        }
    }

    internal static double Mb(long bytes) => bytes / 1_048_576.0;

    private async Task<long> ManagedAsync(CancellationToken cancellationToken)
    {
        var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), cancellationToken);
        return metrics.Split('\n')
            .Where(line => line.StartsWith(HeapSize, StringComparison.Ordinal))
            .Sum(line => (long)double.Parse(line.Split("} ")[1].Split(' ')[0], CultureInfo.InvariantCulture));
    }

    private long Bytes(bool isArchive)
    {
        var archive = ArchiveFolder.In(folder).Path;
        return new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)
            .Where(file => file.FullName.StartsWith(archive, StringComparison.Ordinal) == isArchive)
            .Sum(file => file.Exists ? file.Length : 0);
    }
}

/// <param name="At">Since the load began.</param>
/// <param name="ManagedBytes">The managed heap after the last collection.</param>
/// <param name="StoreBytes">The data folder without its archive, which keeps everything.</param>
internal sealed record SoakSample(TimeSpan At, long ManagedBytes, long ResidentBytes, long StoreBytes, long ArchiveBytes);
