using PaymentMonitor.Benchmarks.Load;
using PaymentMonitor.Benchmarks.Servers;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>
/// What an idle connection costs the server's process in memory, and whether many of them slow the active ones down. Bytes are
/// the growth of its resident memory, so that buffers outside of the managed heap count too; the kernel's own do not.
/// </summary>
internal static class Connections
{
    /// <summary>Connections that come before the count begins, so that code and pools are loaded.</summary>
    private const int First = 100;

    /// <summary>Connection setup leaves garbage behind; the server gets this long to be done with it.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    internal static async Task<ConnectionCost> RunAsync(
        string name, int idle, int active, double perSecond, TimeSpan measured, CancellationToken cancellationToken)
    {
        await using var server = await Launch.StartAsync(name, cancellationToken);
        using var first = await server.ConnectAsync(First, 0, cancellationToken);
        await Task.Delay(Settling, cancellationToken);
        var before = server.Process.ResidentBytes;

        using var fleet = await server.ConnectAsync(active + idle, First, cancellationToken);
        await Task.Delay(Settling, cancellationToken);
        var bytes = (double)(server.Process.ResidentBytes - before) / fleet.Connected;

        var seen = active == 0
            ? null
            : await Observation.RunAsync(server, fleet, () => new PacedLoad(active, perSecond, TimeSpan.FromSeconds(5), measured), cancellationToken);
        return new ConnectionCost(fleet.Connected, bytes, seen);
    }
}

/// <param name="Beside">The active ones' load beside the idle ones; null when none were active.</param>
internal sealed record ConnectionCost(int Connected, double BytesPerConnection, Observation? Beside);
