namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>The middle one of each figure over the runs of a server. Latencies in milliseconds, rates a second.</summary>
internal sealed record Medians(IReadOnlyDictionary<string, Figures> Servers)
{
    internal static Medians Of(IReadOnlyDictionary<string, IReadOnlyList<Run>> runs)
    {
        return new(runs.ToDictionary(pair => pair.Key, pair => Figures(pair.Value)));
    }

    private static Figures Figures(IReadOnlyList<Run> runs)
    {
        return new Figures(
            Median(run => run.Paced.Load.Decision.P50),
            Median(run => run.Paced.Load.Decision.P99),
            Median(run => run.Paced.Load.Receipt.P50),
            Median(run => run.Paced.Load.Receipt.P99),
            Median(run => run.Paced.Load.Lag.P99),
            Median(run => run.Paced.FlushesPerSecond),
            Median(run => run.Saturated?.Load.PerSecond ?? 0),
            Median(run => run.ClosedLoop),
            Median(run => run.Saturated?.FlushesPerSecond ?? 0),
            Median(run => run.Saturated?.CommitsPerSecond ?? 0),
            Median(run => run.Saturated?.LoadCores ?? 0),
            Median(run => (run.Saturated ?? run.Paced).AllocatedPerEvent));

        double Median(Func<Run, double> figure)
        {
            var sorted = runs.Select(figure).Order().ToList();
            return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
        }
    }
}

internal sealed record Figures(
    double P50,
    double P99,
    double ReceiptP50,
    double ReceiptP99,
    double LagP99,
    double PacedFlushes,
    double PerSecond,
    double ClosedLoop,
    double SaturatedFlushes,
    double Commits,
    double GeneratorCores,
    double AllocatedPerEvent);
