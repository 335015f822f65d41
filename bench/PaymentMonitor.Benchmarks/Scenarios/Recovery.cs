using System.Diagnostics;
using PaymentMonitor.Benchmarks.Load;
using PaymentMonitor.Benchmarks.Servers;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>How long a server with many stored orders takes from its start to its first receipt, after it was killed under load.</summary>
internal static class Recovery
{
    internal static async Task<RecoveryResult> RunAsync(int orders, int machines, TextWriter progress, CancellationToken cancellationToken)
    {
        await using var data = new TemporaryFolder();
        var stored = await FillAsync(data, orders, machines, progress, cancellationToken);

        var clock = Stopwatch.StartNew();
        await using var server = await Launch.StartOursAsync(data, cancellationToken);
        var listens = clock.Elapsed;
        using var fleet = await server.ConnectAsync(1, machines, cancellationToken);
        var load = new FirstReceiptLoad();
        fleet.Run(load, cancellationToken);
        return new RecoveryResult(stored, listens, clock.Elapsed, load.Received);
    }

    /// <summary>Leaves the server killed in the middle of its work, as a power cut would.</summary>
    private static async Task<long> FillAsync(TemporaryFolder data, int orders, int machines, TextWriter progress, CancellationToken cancellationToken)
    {
        await using var server = await Launch.StartOursAsync(data, cancellationToken);
        using var fleet = await server.ConnectAsync(machines, 0, cancellationToken);
        while (true)
        {
            var load = new WindowLoad(TimeSpan.Zero, TimeSpan.FromSeconds(10));
            fleet.Run(load, cancellationToken);
            Observation.Check(server, load.Measurement);
            var stored = fleet.Terminals.Sum(terminal => (long)terminal.Order - 1);
            await progress.WriteLineAsync($"    {stored:N0} orders stored");
            if (stored >= orders)
            {
                return stored;
            }
        }
    }
}

/// <param name="Listens">From the start of the process until it accepts connections.</param>
/// <param name="Serves">From the start of the process until the first receipt.</param>
/// <param name="Received">False when no receipt came.</param>
internal sealed record RecoveryResult(long Orders, TimeSpan Listens, TimeSpan Serves, bool Received);
