using PaymentMonitor.Simulator;
using Spectre.Console;

namespace PaymentMonitor.Server;

/// <summary>Shows a fleet's run while it goes on: a table that redraws itself in a terminal, a line every few seconds elsewhere.</summary>
internal static class FleetView
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(2);

    internal static async Task<FleetReport> RunAsync(Fleet fleet, CancellationToken cancellationToken)
    {
        var run = fleet.RunAsync(cancellationToken);
        if (AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected)
        {
            await AnsiConsole.Live(Draw(fleet.Progress(), 0)).AutoClear(true).StartAsync(live => WatchAsync(fleet, run, Redraw, (progress, rate) => live.UpdateTarget(Draw(progress, rate))));
        }
        else
        {
            await WatchAsync(fleet, run, LineEvery, (progress, rate) => Console.WriteLine(Line(progress, rate)));
        }

        return await run;
    }

    internal static void Print(FleetReport report)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn($"after the first {report.WarmUp.TotalSeconds:0} s").AddColumn(new TableColumn("p50").RightAligned())
            .AddColumn(new TableColumn("p99").RightAligned()).AddColumn(new TableColumn("p99.9").RightAligned()).AddColumn(new TableColumn("max").RightAligned());
        Row("event sent -> receipt, ms", report.LatencyMs.Receipt);
        Row("deciding event -> decision, ms", report.LatencyMs.Decision);
        foreach (var (channel, latency) in report.LatencyMs.ByChannel.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Row($"  on {channel}", latency);
        }

        var counts = new Grid().AddColumn().AddColumn();
        Count("machines", $"{report.Connected:N0} of {report.Machines:N0} connected");
        Count("events", $"{report.Events.Sent:N0} sent, {report.Events.Receipted:N0} receipted, {report.Events.Rejected:N0} rejected, {report.Events.SetAside:N0} set aside; {report.EventsPerSecond:N0}/s for {report.Seconds:N0} s");
        Count("orders", $"{report.Orders.Created:N0} created, {report.Orders.Ended:N0} ended, {report.Orders.Open:N0} open");
        Count("decisions", $"{report.Decisions.Received:N0} received, {report.Decisions.Lost:N0} lost, {report.Decisions.Doubled:N0} doubled");
        if (report.Faults is { BrokenConnections: > 0 } or { Restarts: > 0 })
        {
            Count("faults", $"{report.Faults.BrokenConnections:N0} connections broken, {report.Faults.Restarts:N0} machines restarted");
        }

        if (report.Reconciliation is { } statement)
        {
            Count("statement", $"{statement.Payments:N0} payments and {statement.Refunds:N0} refunds at the provider, {statement.Differences:N0} differences");
        }

        AnsiConsole.Write(counts);
        AnsiConsole.Write(table);
        foreach (var finding in report.Findings.Take(20))
        {
            AnsiConsole.MarkupLineInterpolated($"[red]{finding}[/]");
        }

        AnsiConsole.MarkupLine(report.Passed
            ? $"[green]Verdict: good. Nothing receipted was lost, no decision was doubled{(report.Reconciliation is null ? "" : ", and the provider's statement agrees")}.[/]"
            : "[red]Verdict: BAD. See what was lost, doubled or differs above.[/]");

        void Row(string name, Percentiles p) => table.AddRow(name, Ms(p.P50), Ms(p.P99), Ms(p.P999), Ms(p.Max));
        void Count(string name, string text) => counts.AddRow(new Text(name, new Style(Color.Grey)), new Text(text));
    }

    private static async Task WatchAsync(Fleet fleet, Task run, TimeSpan every, Action<FleetProgress, double> show)
    {
        using var ticks = new PeriodicTimer(every);
        var before = fleet.Progress();
        while (!run.IsCompleted)
        {
            var tick = ticks.WaitForNextTickAsync().AsTask();
            if (await Task.WhenAny(run, tick) != tick)
            {
                return;
            }

            var now = fleet.Progress();
            var seconds = (now.Elapsed - before.Elapsed).TotalSeconds;
            show(now, seconds > 0 ? (now.Sent - before.Sent) / seconds : 0);
            before = now;
        }
    }

    private static Panel Draw(FleetProgress progress, double rate)
    {
        return new Panel(new Grid().AddColumn().AddColumn()
            .AddRow(Label("connected"), new Text($"{progress.Connected:N0} of {progress.Machines:N0}"))
            .AddRow(Label("events"), new Text($"{progress.Sent:N0} sent, {rate:N0}/s"))
            .AddRow(Label("receipts"), new Text($"{progress.Receipted:N0}; p50 {Ms(progress.Receipt.P50)} ms, p99 {Ms(progress.Receipt.P99)} ms"))
            .AddRow(Label("decisions"), new Text($"{progress.Decisions:N0}; p50 {Ms(progress.Decision.P50)} ms, p99 {Ms(progress.Decision.P99)} ms")))
        {
            Header = new PanelHeader($" {Phase(progress)} "),
            Border = BoxBorder.Rounded,
        };

        static Text Label(string text) => new(text, new Style(Color.Grey));
    }

    private static string Line(FleetProgress progress, double rate)
    {
        return $"{Phase(progress),-28} connected {progress.Connected:N0}  events {progress.Sent:N0} ({rate:N0}/s)  receipts {progress.Receipted:N0}"
            + $"  decisions {progress.Decisions:N0}  decision p50 {Ms(progress.Decision.P50)} ms, p99 {Ms(progress.Decision.P99)} ms";
    }

    private static string Phase(FleetProgress progress) => progress.Phase switch
    {
        FleetPhase.Connecting => "connecting",
        FleetPhase.Running => $"running, {progress.Elapsed.TotalSeconds:N0} s",
        FleetPhase.Settling => "waiting for the last answers",
        FleetPhase.Judging => "reading the orders",
        _ => "done",
    };

    private static string Ms(double value) => value.ToString(value < 10 ? "N2" : "N1");
}
