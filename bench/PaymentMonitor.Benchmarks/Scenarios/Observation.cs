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
        ServerUnderTest server, Fleet fleet, Func<(ILoad Load, Measurement Measurement)> begin, CancellationToken cancellationToken)
    {
        await using var metrics = RuntimeMetrics.Attach(server.Process.Id);
        var totals = await metrics.ReadAsync(cancellationToken);
        var host = HostCounters.Read();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var (load, measurement) = begin();
        fleet.Run(load, measurement, cancellationToken);

        var seconds = clock.Elapsed.TotalSeconds;
        host = HostCounters.Read() - host;
        totals = await metrics.ReadAsync(cancellationToken) - totals;
        if (measurement is { Refused: > 0 } or { Closed: > 0 } or { Throughput: 0 })
        {
            throw new IOException(
                $"'{server.Target.Name}' refused {measurement.Refused} events and closed {measurement.Closed} connections and gave {measurement.Throughput} receipts, so its figures mean nothing. "
                + $"First refusal: {measurement.FirstRefusal ?? "none"}. Its last lines:\n{server.Process.LastLines()}");
        }

        return new(
            measurement,
            (host.BusySeconds - host.OwnSeconds) / seconds,
            host.OwnSeconds / seconds,
            host.Flushes / seconds,
            totals.AllocatedBytes / Math.Max(1, measurement.SentInAll),
            totals.Commits / seconds);
    }
}
