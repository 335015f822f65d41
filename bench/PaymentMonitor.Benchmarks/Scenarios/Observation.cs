using PaymentMonitor.Benchmarks.Load;
using PaymentMonitor.Benchmarks.Servers;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>What one load saw, and what the machine and the server spent on it.</summary>
/// <param name="ServerCores">Cores that everything but the load generator kept busy.</param>
/// <param name="LoadCores">Cores that the load generator kept busy.</param>
/// <param name="AllocatedPerEvent">Bytes that the server allocated per event.</param>
/// <param name="CommitsPerSecond">Durable commits as the server counts them; 0 where it counts none.</param>
internal sealed record Observation(
    Measurement Load, double ServerCores, double LoadCores, double FlushesPerSecond, double AllocatedPerEvent, double CommitsPerSecond)
{
    internal static async Task<Observation> RunAsync(
        ServerUnderTest server, Fleet fleet, Func<PacedLoad> begin, CancellationToken cancellationToken)
    {
        await using var metrics = RuntimeMetrics.Attach(server.Process.Id);
        var totals = await metrics.ReadAsync(cancellationToken);
        var host = HostCounters.Read();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var load = begin();
        fleet.Run(load, cancellationToken);
        var measurement = load.Measurement;

        var seconds = clock.Elapsed.TotalSeconds;
        host = HostCounters.Read() - host;
        totals = await metrics.ReadAsync(cancellationToken) - totals;
        Check(server, measurement);
        return new(
            measurement,
            (host.BusySeconds - host.OwnSeconds) / seconds,
            host.OwnSeconds / seconds,
            host.Flushes / seconds,
            totals.AllocatedBytes / Math.Max(1, measurement.SentInAll),
            totals.Commits / seconds);
    }

    /// <exception cref="IOException">The server did not do its job, so that its figures would mean nothing.</exception>
    internal static void Check(ServerUnderTest server, Measurement measurement)
    {
        if (measurement is { Refused: > 0 } or { Closed: > 0 } or { Throughput: 0 })
        {
            throw new IOException(
                $"'{server.Target.Name}' refused {measurement.Refused} events, closed {measurement.Closed} connections and gave {measurement.Throughput} receipts. "
                + $"First refusal: {measurement.FirstRefusal ?? "none"}. Its last lines:\n{server.Process.LastLines()}");
        }
    }
}
