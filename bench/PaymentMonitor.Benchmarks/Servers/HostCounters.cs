using System.Globalization;

namespace PaymentMonitor.Benchmarks.Servers;

/// <summary>What the kernel counts for the whole machine, so that databases, their children and the kernel's own work are included.</summary>
/// <param name="BusySeconds">Of all cores together.</param>
/// <param name="OwnSeconds">Of this process, the load generator.</param>
/// <param name="Flushes">Completed flushes of all disks: an fsync that reached the disk.</param>
internal readonly record struct HostCounters(double BusySeconds, double OwnSeconds, long Flushes)
{
    private const double JiffiesPerSecond = 100;

    internal static HostCounters Read() => new(ReadBusy(), Environment.CpuUsage.TotalTime.TotalSeconds, ReadFlushes());

    public static HostCounters operator -(HostCounters later, HostCounters earlier)
    {
        return new(later.BusySeconds - earlier.BusySeconds, later.OwnSeconds - earlier.OwnSeconds, later.Flushes - earlier.Flushes);
    }

    // "cpu user nice system idle iowait irq softirq steal ..."
    private static double ReadBusy()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Skip(1).Take(7).Where((_, i) => i is not 3 and not 4).Sum(f => double.Parse(f, CultureInfo.InvariantCulture)) / JiffiesPerSecond;
    }

    // Field 19 of a line counts completed flushes (since Linux 5.5). Partitions are not listed with flushes of their own.
    private static long ReadFlushes()
    {
        return File.ReadLines("/proc/diskstats")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 18)
            .Sum(fields => long.Parse(fields[18], CultureInfo.InvariantCulture));
    }
}
