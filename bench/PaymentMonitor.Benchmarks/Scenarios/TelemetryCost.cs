using System.Globalization;
using System.Net.Http.Headers;
using PaymentMonitor.Benchmarks.Load;
using PaymentMonitor.Benchmarks.Servers;
using PaymentMonitor.Server;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>
/// What a saturated server carries with all telemetry on (metrics scraped each second and sent by OTLP, traces sampled as by default, JSON
/// logs) and with none: by turns, each run on a fresh server, and the other first in every second pair.
/// </summary>
internal static class TelemetryCost
{
    // Telemetry is more code to be compiled, on the same two cores; what a server that has run for a while carries is asked.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ScrapeEvery = TimeSpan.FromSeconds(1);

    internal static async Task<TelemetryResult> RunAsync(int machines, TimeSpan measured, int repeats, TextWriter progress, CancellationToken cancellationToken)
    {
        var (on, off) = (new List<double>(), new List<double>());
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            foreach (var withTelemetry in repeat % 2 == 0 ? new[] { true, false } : [false, true])
            {
                var perSecond = withTelemetry ? await WithAsync(machines, measured, progress, cancellationToken) : await WithoutAsync(machines, measured, cancellationToken);
                (withTelemetry ? on : off).Add(perSecond);
                await progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{(withTelemetry ? "on " : "off")} {perSecond,8:N0} events/s"));
            }
        }

        return new TelemetryResult(Median(on), Median(off));
    }

    private static async Task<double> WithAsync(int machines, TimeSpan measured, TextWriter progress, CancellationToken cancellationToken)
    {
        await using var data = new TemporaryFolder();
        var key = ApiKeyFile.Open(data.Path, TimeProvider.System).Add("benchmark", "reader");
        await using var collector = await OtlpSink.StartAsync(cancellationToken);
        await using var server = await Launch.StartOursAsync(data, collector.Variables, cancellationToken, "--log-format", "json");
        using var http = new HttpClient { BaseAddress = new Uri($"http://{server.Process.EndPoint}") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var scraping = ScrapeAsync(http, stop.Token);
        var perSecond = await LoadAsync(server, machines, measured, cancellationToken);
        await stop.CancelAsync();
        await progress.WriteLineAsync($"    {await scraping} scrapes, {collector.Metrics} messages with metrics, {collector.Traces} with traces");
        return perSecond;
    }

    private static async Task<double> WithoutAsync(int machines, TimeSpan measured, CancellationToken cancellationToken)
    {
        await using var data = new TemporaryFolder();
        await using var server = await Launch.StartOursAsync(data, cancellationToken, "--no-telemetry");
        return await LoadAsync(server, machines, measured, cancellationToken);
    }

    private static async Task<double> LoadAsync(ServerUnderTest server, int machines, TimeSpan measured, CancellationToken cancellationToken)
    {
        using var fleet = await server.ConnectAsync(machines, 0, cancellationToken);
        var load = new WindowLoad(WarmUp, measured);
        // On a thread of its own: the scrapes go on meanwhile.
        await Task.Factory.StartNew(() => fleet.Run(load, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Observation.Check(server, load.Measurement);
        return load.Measurement.PerSecond;
    }

    private static async Task<int> ScrapeAsync(HttpClient http, CancellationToken cancellationToken)
    {
        using var ticks = new PeriodicTimer(ScrapeEvery);
        var scrapes = 0;
        try
        {
            while (await ticks.WaitForNextTickAsync(cancellationToken))
            {
                await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), cancellationToken);
                scrapes++;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The load is over.
        }

        return scrapes;
    }

    private static double Median(List<double> figures)
    {
        var sorted = figures.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}

/// <summary>Medians of the closed loop's rate, in events a second.</summary>
internal readonly record struct TelemetryResult(double On, double Off)
{
    internal double Ratio => On / Off;
}
