using PaymentMonitor.Benchmarks.Load;
using PaymentMonitor.Benchmarks.Servers;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>
/// Runs every server under the same load, one after the other and all of them several times, so that a slow minute of the
/// machine hits them alike. Each run has a fresh process, fresh data and fresh connections.
/// </summary>
internal sealed class Comparison(ComparisonOptions options, TextWriter log)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    internal async Task<IReadOnlyDictionary<string, IReadOnlyList<Run>>> RunAsync(CancellationToken cancellationToken)
    {
        var runs = options.Servers.ToDictionary(name => name, _ => new List<Run>());
        for (var repeat = 1; repeat <= options.Repeats; repeat++)
        {
            foreach (var name in options.Servers)
            {
                var run = await RunAsync(name, cancellationToken);
                runs[name].Add(run);
                await log.WriteLineAsync(Report.Line(name, repeat, run));
            }
        }

        return runs.ToDictionary(pair => pair.Key, IReadOnlyList<Run> (pair) => pair.Value);
    }

    private async Task<Run> RunAsync(string name, CancellationToken cancellationToken)
    {
        await using var server = await Launch.StartAsync(name, cancellationToken);
        using var fleet = await server.ConnectAsync(options.Machines, 0, cancellationToken);
        await log.WriteLineAsync($"{name}: {fleet.Connected:N0} machines connected");
        var paced = await Observation.RunAsync(
            server, fleet, () => new PacedLoad(options.Machines, options.Rate, WarmUp, options.Measured), cancellationToken);
        await log.WriteLineAsync($"    paced: decision p50 {paced.Load.Decision.P50:F2} p99 {paced.Load.Decision.P99:F2} ms");
        var (saturated, closedLoop) = await Saturated.RunAsync(server, fleet, log, cancellationToken);
        return new Run(paced, saturated, closedLoop);
    }
}

/// <param name="Rate">Events a second of the paced load.</param>
/// <param name="Measured">How long the paced load is measured.</param>
internal sealed record ComparisonOptions(IReadOnlyList<string> Servers, int Machines, double Rate, TimeSpan Measured, int Repeats);

/// <param name="Saturated">Null when p99 was over the limit at every rate that was tried.</param>
/// <param name="ClosedLoop">Events a second with one event of each machine always under way.</param>
internal sealed record Run(Observation Paced, Observation? Saturated, double ClosedLoop);
