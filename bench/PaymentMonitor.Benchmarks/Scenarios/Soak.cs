using System.Diagnostics;
using System.Net.Http.Headers;
using PaymentMonitor.Benchmarks.Load;
using PaymentMonitor.Benchmarks.Servers;
using PaymentMonitor.Server;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>
/// A fleet sells for a long time at an even rate while the server keeps everything for minutes only, so that retention is always at work.
/// Afterwards every receipted event is looked for, in the store and in the archive.
/// </summary>
internal static class Soak
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    internal static async Task<SoakResult> RunAsync(SoakOptions options, TextWriter progress, CancellationToken cancellationToken)
    {
        await using var data = new TemporaryFolder();
        var key = ApiKeyFile.Open(data.Path, TimeProvider.System).Add("soak", "reader");
        var keep = $"{options.KeepMinutes}m";
        await using var server = await Launch.StartOursAsync(data, cancellationToken, "--keep-log", keep, "--keep-orders", keep);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{server.Process.EndPoint}") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var fleet = await server.ConnectAsync(options.Machines, 0, cancellationToken);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var samples = new SoakSamples(server.Process, http, data.Path, progress);
        var sampling = samples.TakeAsync(options.Duration / 40, stop.Token);
        var load = new PacedLoad(options.Machines, options.Rate, WarmUp, options.Duration);
        await Task.Factory.StartNew(() => fleet.Run(load, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await stop.CancelAsync();
        await sampling;

        Observation.Check(server, load.Measurement);
        await progress.WriteLineAsync("looking for every receipted event in the store and the archive");
        var clock = Stopwatch.StartNew();
        var books = await SoakBooks.ReadAsync(http, data.Path, cancellationToken);
        await progress.WriteLineAsync($"{books.Orders:N0} orders read in {clock.Elapsed.TotalSeconds:F0} s");
        return new SoakResult(load.Measurement, samples.Taken, books.Archived, books.Lost(fleet.Terminals), books.Doubled);
    }
}

/// <param name="KeepMinutes">How long the server keeps events and ended orders.</param>
internal sealed record SoakOptions(int Machines, double Rate, TimeSpan Duration, int KeepMinutes);

/// <param name="Archived">Orders that have left the store.</param>
/// <param name="Lost">Receipted events that are neither in the store nor in the archive.</param>
/// <param name="Doubled">Decisions of a kind beyond the first, of any order.</param>
internal sealed record SoakResult(Measurement Load, IReadOnlyList<SoakSample> Samples, int Archived, long Lost, long Doubled)
{
    /// <summary>By how much the end may be above the middle: garbage is collected when it is, and a trim comes once a minute.</summary>
    private const double Growth = 1.25;

    internal SoakSample Start => Samples[0];

    internal SoakSample Middle => Part(Samples.Count / 3, 2 * Samples.Count / 3);

    internal SoakSample End => Part(2 * Samples.Count / 3, Samples.Count);

    internal bool IsMemoryFlat => End.ManagedBytes <= Growth * Middle.ManagedBytes && End.ResidentBytes <= Growth * Middle.ResidentBytes;

    internal bool IsDiskBounded => End.StoreBytes <= Growth * Middle.StoreBytes;

    internal bool IsGood => Lost == 0 && Doubled == 0 && Load.Unanswered == 0 && IsMemoryFlat && IsDiskBounded;

    // Medians of what goes up and down, and the most of what should not.
    private SoakSample Part(int from, int to)
    {
        var part = Samples.Skip(from).Take(Math.Max(1, to - from)).ToList();
        return new SoakSample(part[^1].At, Median(part, sample => sample.ManagedBytes), Median(part, sample => sample.ResidentBytes), part.Max(sample => sample.StoreBytes), part[^1].ArchiveBytes);
    }

    private static long Median(List<SoakSample> samples, Func<SoakSample, long> figure) => samples.Select(figure).Order().ElementAt(samples.Count / 2);
}
