using PaymentMonitor.Benchmarks.Load;
using PaymentMonitor.Benchmarks.Servers;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>
/// The highest rate at which p99 stays under 50 ms. A closed loop first shows what the server carries at all; then open loops,
/// halving the interval around the answer, find the rate at which it still keeps its promise. A closed loop alone would not do:
/// it waits for a slow server, so it can't tell how long events would have queued.
/// </summary>
internal static class Saturated
{
    internal const double LimitMs = 50;

    /// <summary>The interval is 90 % of the closed loop's rate; five halvings leave 3 % of it.</summary>
    private const int Halvings = 5;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(4);

    /// <returns>The observation at the best rate, or null when no rate kept the limit; and the closed loop's rate.</returns>
    internal static async Task<(Observation? Best, double ClosedLoop)> RunAsync(
        ServerUnderTest server, Fleet fleet, TextWriter progress, CancellationToken cancellationToken)
    {
        var window = new WindowLoad(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4));
        fleet.Run(window, cancellationToken);
        Observation.Check(server, window.Measurement);
        var closedLoop = window.Measurement.PerSecond;

        await progress.WriteLineAsync($"    closed loop {closedLoop:N0} events/s");

        Observation? best = null;
        var (low, high) = (0.2 * closedLoop, 1.1 * closedLoop);
        for (var halving = 0; halving < Halvings; halving++)
        {
            var rate = (low + high) / 2;
            // A rate has failed when it failed twice: one stall of the machine must not halve the answer.
            if ((await TryAsync(rate) ?? await TryAsync(rate)) is { } kept)
            {
                (best, low) = (kept, rate);
            }
            else
            {
                high = rate;
            }
        }

        return (best, closedLoop);

        async Task<Observation?> TryAsync(double rate)
        {
            var seen = await Observation.RunAsync(server, fleet, () => new PacedLoad(fleet.Terminals.Count, rate, WarmUp, Step), cancellationToken);
            await progress.WriteLineAsync($"    at {rate:N0} events/s: decision p99 {seen.Load.Decision.P99:F1} ms, {seen.Load.Unanswered} unanswered");
            return seen.Load is { Unanswered: 0, Decision.P99: < LimitMs, Receipt.P99: < LimitMs } ? seen : null;
        }
    }
}
