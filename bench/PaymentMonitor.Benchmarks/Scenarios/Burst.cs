using PaymentMonitor.Benchmarks.Load;
using PaymentMonitor.Benchmarks.Servers;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>The network comes back and a whole fleet flushes its outboxes; a few machines that were never away keep selling.</summary>
internal static class Burst
{
    private const int Bystanders = 20;
    private const double BystandersPerSecond = 100;

    internal static async Task<BurstResult> RunAsync(string name, int machines, int queued, CancellationToken cancellationToken)
    {
        await using var server = await Launch.StartAsync(name, cancellationToken);
        using var fleet = await server.ConnectAsync(Bystanders + machines, 0, cancellationToken);
        fleet.Run(new PacedLoad(Bystanders, BystandersPerSecond, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2)), cancellationToken);

        var before = HostCounters.Read();
        var load = new BurstLoad(Bystanders, BystandersPerSecond, queued);
        fleet.Run(load, cancellationToken);
        Observation.Check(server, load.Flood);
        return new BurstResult(machines * queued, load.Drained, load.Bystanders, (HostCounters.Read() - before).Flushes);
    }
}

/// <param name="Drained">Until the last event of the flood was answered; null when it was not within two minutes.</param>
/// <param name="Flushes">Of all disks, while it drained.</param>
internal sealed record BurstResult(int Events, TimeSpan? Drained, Measurement Bystanders, long Flushes);
