using System.Globalization;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>The figures as people read them.</summary>
internal static class Report
{
    internal static string Line(string name, int repeat, Run run)
    {
        return string.Create(CultureInfo.InvariantCulture, $"""
            {name} #{repeat}
              paced       {Text(run.Paced)}
              saturated   {(run.Saturated is { } best ? Text(best) : $"no rate tried kept p99 under {Saturated.LimitMs} ms")}
              closed loop {run.ClosedLoop:N0} events/s
            """);
    }

    internal static string Text(Observation seen)
    {
        var (load, decision, receipt, lag) = (seen.Load, seen.Load.Decision, seen.Load.Receipt, seen.Load.Lag);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{load.PerSecond,7:N0} events/s; decision p50 {decision.P50:F2} p99 {decision.P99:F2} p999 {decision.P999:F2} max {decision.Max:F1} ms; receipt p50 {receipt.P50:F2} p99 {receipt.P99:F2} ms; "
            + $"{load.Decided:N0} decided, {load.Repeated} repeated, {load.Unanswered} unanswered, {load.Confirmations} confirmations; server {seen.ServerCores:F2} cores, {seen.AllocatedPerEvent:N0} B/event, {seen.FlushesPerSecond:N0} flushes/s, {seen.CommitsPerSecond:N0} commits/s; "
            + $"generator {seen.LoadCores:F2} cores, lag p50 {lag.P50:F2} p99 {lag.P99:F2} ms");
    }
}
