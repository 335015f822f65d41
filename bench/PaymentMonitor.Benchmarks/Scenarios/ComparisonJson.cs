using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>
/// The comparison's medians for programs. <c>peer</c> is, figure by figure, the better of the peer's two choices, so that no ratio
/// flatters us; both stand beside it under their own names.
/// </summary>
internal static class ComparisonJson
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static string Write(Medians medians, double? bytesPerConnection)
    {
        var (paced, saturated) = (new JsonObject(), new JsonObject());
        foreach (var (name, figures) in medians.Servers)
        {
            paced[name] = Paced(figures);
            saturated[name] = Saturated(figures);
        }

        var peers = medians.Servers.Where(pair => pair.Key.StartsWith("peer-", StringComparison.Ordinal)).Select(pair => pair.Value).ToList();
        if (peers.Count > 0)
        {
            paced["peer"] = Paced(peers.MinBy(peer => peer.P99)!);
            saturated["peer"] = Saturated(peers.MaxBy(peer => peer.PerSecond)!);
        }

        var (echo, ours) = (medians.Servers.GetValueOrDefault("echo"), medians.Servers.GetValueOrDefault("ours"));
        var root = new JsonObject
        {
            ["machine"] = Host.Describe(),
            ["paced"] = paced,
            ["saturated"] = saturated,
            ["ratios"] = new JsonObject
            {
                ["p50OursToEcho"] = Rounded(ours?.P50 / echo?.P50),
                ["p99Ours"] = Rounded(ours?.P99),
                ["throughputOursToEcho"] = Rounded(ours?.PerSecond / echo?.PerSecond),
                ["throughputOursToPeer"] = Rounded(ours?.PerSecond / (peers.Count > 0 ? peers.Max(peer => peer.PerSecond) : null)),
                ["p99OursToPeer"] = Rounded(ours?.P99 / (peers.Count > 0 ? peers.Min(peer => peer.P99) : null)),
            },
            ["bytesPerConnection"] = Rounded(bytesPerConnection),
            ["allocatedBytesPerEvent"] = Rounded(ours?.AllocatedPerEvent),
        };
        return root.ToJsonString(Indented);
    }

    private static JsonObject Paced(Figures figures) => new()
    {
        ["p50"] = Rounded(figures.P50),
        ["p99"] = Rounded(figures.P99),
        ["receiptP50"] = Rounded(figures.ReceiptP50),
        ["receiptP99"] = Rounded(figures.ReceiptP99),
        ["flushesPerSecond"] = Rounded(figures.PacedFlushes),
        ["generatorLagP99"] = Rounded(figures.LagP99),
    };

    private static JsonObject Saturated(Figures figures) => new()
    {
        ["perSecond"] = Rounded(figures.PerSecond),
        ["closedLoopPerSecond"] = Rounded(figures.ClosedLoop),
        ["flushesPerSecond"] = Rounded(figures.SaturatedFlushes),
        ["commitsPerSecond"] = Rounded(figures.Commits),
        ["generatorCores"] = Rounded(figures.GeneratorCores),
    };

    private static JsonNode? Rounded(double? value) => value is { } number && double.IsFinite(number) ? Math.Round(number, 3) : null;
}
