using System.Diagnostics.Metrics;
using PaymentMonitor.Domain;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>What the whole server tells of itself when it is asked: machines, orders, what waits, and the disk.</summary>
internal sealed class ServerMetrics
{
    internal const string MeterName = "PaymentMonitor.Server";

    private readonly DriveInfo _disk;

    internal ServerMetrics(ServeOptions options, EmbeddedStore store, FleetStandings fleet, ReconciliationBook reconciliation, IMeterFactory meters, TimeProvider time)
    {
        _disk = new DriveInfo(Path.GetFullPath(options.Data));
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("paymentmonitor.machines", () => Machines(fleet), "{machine}", "Machines of the fleet by state: connected, silent or in trouble.");
        meter.CreateObservableGauge("paymentmonitor.orders", () => Orders(store, OrderCounts.OpenStatuses), "{order}", "Orders that have not ended, by status.");
        meter.CreateObservableCounter("paymentmonitor.orders.ended", () => Orders(store, OrderCounts.EndStatuses), "{order}", "Orders that came to an end since the start, by status.");
        meter.CreateObservableGauge("paymentmonitor.orders.unconfirmed", () => store.Loop.Unconfirmed.Count, "{order}", "Orders with decisions that their machine has not confirmed.");
        meter.CreateObservableGauge("paymentmonitor.orders.unconfirmed.age", () => Age(store, time), "s", "How long the oldest of them has waited, since the start at most.");
        meter.CreateObservableGauge("paymentmonitor.reconciliation.differences", () => reconciliation.Newest?.Open ?? 0, "{difference}", "Differences of the newest reconciliation that nobody has settled.");
        meter.CreateObservableGauge("paymentmonitor.store.healthy", () => store.IsCommitting ? 1 : 0, null, "1 while transactions succeed, 0 while they fail.");
        meter.CreateObservableGauge("paymentmonitor.disk.free", () => Bytes(disk => disk.AvailableFreeSpace), "By", "Free space on the data folder's disk.");
        meter.CreateObservableGauge("paymentmonitor.disk.size", () => Bytes(disk => disk.TotalSize), "By", "Size of the data folder's disk.");
    }

    private static IEnumerable<Measurement<int>> Machines(FleetStandings fleet)
    {
        foreach (var state in Enum.GetValues<MachineState>())
        {
            yield return new Measurement<int>(fleet.Count(state), new KeyValuePair<string, object?>("state", Names.Of(state)));
        }
    }

    private static IEnumerable<Measurement<long>> Orders(EmbeddedStore store, OrderStatus[] statuses)
    {
        foreach (var status in statuses)
        {
            yield return new Measurement<long>(store.Counts[status], new KeyValuePair<string, object?>("status", Names.Of(status)));
        }
    }

    private static double Age(EmbeddedStore store, TimeProvider time)
    {
        return store.Loop.Unconfirmed.OldestMs() is { } oldest ? Math.Max(0, (time.GetUtcNow().ToUnixTimeMilliseconds() - oldest) / 1_000.0) : 0;
    }

    // A disk that cannot be asked is no measurement, rather than an empty one.
    private IEnumerable<Measurement<long>> Bytes(Func<DriveInfo, long> read)
    {
        try
        {
            return [new Measurement<long>(read(_disk))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static class Names
    {
        private static readonly string[] States = [.. Enum.GetNames<MachineState>().Select(name => name.ToLowerInvariant())];
        private static readonly string[] Statuses = [.. Enum.GetNames<OrderStatus>()];

        internal static string Of(MachineState state) => States[(int)state];

        internal static string Of(OrderStatus status) => Statuses[(int)status];
    }
}
