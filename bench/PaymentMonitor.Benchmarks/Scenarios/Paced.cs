using PaymentMonitor.Benchmarks.Load;
using PaymentMonitor.Benchmarks.Servers;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>A fixed rate, open loop: the latency of an ordinary busy hour.</summary>
internal static class Paced
{
    internal static async Task<Observation> RunAsync(
        ServerUnderTest server, Fleet fleet, double perSecond, TimeSpan measured, CancellationToken cancellationToken)
    {
        return await Observation.RunAsync(server, fleet, () => Begin(perSecond, TimeSpan.FromSeconds(5), measured), cancellationToken);
    }

    internal static (ILoad Load, Measurement Measurement) Begin(double perSecond, TimeSpan warmUp, TimeSpan measured)
    {
        var load = new PacedLoad(perSecond, warmUp, measured);
        return (load, load.Measurement);
    }
}
