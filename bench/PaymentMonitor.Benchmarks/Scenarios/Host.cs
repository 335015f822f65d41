using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>What the figures were taken on: without it they mean nothing.</summary>
internal static class Host
{
    internal static JsonObject Describe() => new()
    {
        ["date"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
        ["cpu"] = Cpu(),
        ["cores"] = Environment.ProcessorCount,
        ["memoryGb"] = Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9),
        ["os"] = RuntimeInformation.OSDescription,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
    };

    private static string Cpu()
    {
        return File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
