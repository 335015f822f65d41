using System.CommandLine;
using System.Globalization;
using PaymentMonitor.Benchmarks.Scenarios;
using PaymentMonitor.Benchmarks.Servers;

namespace PaymentMonitor.Benchmarks.Cli;

/// <summary>The measurements of the whole system.</summary>
internal static class ScenarioCommands
{
    internal static Command Compare()
    {
        var servers = new Option<string[]>("--servers")
        {
            Description = "Which to compare.",
            DefaultValueFactory = _ => [.. Launch.Names],
            AllowMultipleArgumentsPerToken = true,
        };
        servers.AcceptOnlyFromAmong([.. Launch.Names]);
        var machines = Machines();
        var rate = Rate();
        var seconds = Number("--seconds", 20, "How long the paced load is measured.");
        var repeats = Number("--repeats", 3, "Runs of each server; the medians count.");
        var idle = Number("--idle", 15_000, "Idle connections for the memory of one; 0 leaves it out.");
        var json = new Option<FileInfo?>("--json") { Description = "Where to write the medians." };
        var command = new Command("compare", "The servers side by side under one load: paced, saturated, and what a connection costs.")
        {
            servers, machines, rate, seconds, repeats, idle, json,
        };
        command.SetAction(async (parsed, token) =>
        {
            var options = new ComparisonOptions(
                parsed.GetRequiredValue(servers), parsed.GetValue(machines), parsed.GetValue(rate), TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(repeats));
            var medians = Medians.Of(await new Comparison(options, Console.Out).RunAsync(token));
            double? bytes = parsed.GetValue(idle) > 0 && options.Servers.Contains("ours")
                ? (await Connections.RunAsync("ours", parsed.GetValue(idle), 0, 0, TimeSpan.Zero, token)).BytesPerConnection
                : null;
            var text = ComparisonJson.Write(medians, bytes);
            Console.WriteLine(text);
            if (parsed.GetValue(json) is { } file)
            {
                await File.WriteAllTextAsync(file.FullName, text + "\n", token);
            }
        });
        return command;
    }

    internal static Command IdleConnections()
    {
        var server = Server();
        var idle = Number("--idle", 15_000, "Idle connections.");
        var machines = Number("--machines", 2000, "Machines that report beside the idle ones; 0 for none.");
        var rate = Rate();
        var command = new Command("connections", "Memory per idle connection, and the latency of active machines beside many idle ones.") { server, idle, machines, rate };
        command.SetAction(async (parsed, token) =>
        {
            var cost = await Connections.RunAsync(
                parsed.GetRequiredValue(server), parsed.GetValue(idle), parsed.GetValue(machines), parsed.GetValue(rate), TimeSpan.FromSeconds(10), token);
            Print($"{cost.Connected:N0} connections, {cost.BytesPerConnection:N0} bytes each");
            if (cost.Beside is { } seen)
            {
                Print($"beside them {Report.Text(seen)}");
            }
        });
        return command;
    }

    internal static Command Flood()
    {
        var server = Server();
        var machines = Machines();
        var queued = Number("--queued", 50, "Events in each machine's outbox.");
        var command = new Command("burst", "A fleet flushes its outboxes at once: how long until all is answered, and what others notice.") { server, machines, queued };
        command.SetAction(async (parsed, token) =>
        {
            var burst = await Burst.RunAsync(parsed.GetRequiredValue(server), parsed.GetValue(machines), parsed.GetValue(queued), token);
            var bystanders = burst.Bystanders.Decision;
            Print(burst.Drained is { } drained
                ? $"{burst.Events:N0} events drained in {drained.TotalSeconds:F2} s, {burst.Events / drained.TotalSeconds:N0} events/s, {burst.Flushes:N0} flushes"
                : (FormattableString)$"{burst.Events:N0} events did not drain in time");
            Print($"bystanders: decision p50 {bystanders.P50:F2} p99 {bystanders.P99:F2} max {bystanders.Max:F1} ms, {burst.Bystanders.Unanswered} unanswered");
        });
        return command;
    }

    internal static Command Restart()
    {
        var orders = Number("--orders", 1_000_000, "Orders to store before the server is killed.");
        var machines = Machines();
        var command = new Command("recovery", "Kills our server under load and measures its restart, up to the first receipt.") { orders, machines };
        command.SetAction(async (parsed, token) =>
        {
            var result = await Recovery.RunAsync(parsed.GetValue(orders), parsed.GetValue(machines), Console.Out, token);
            Print($"{result.Orders:N0} orders stored; listens after {result.Listens.TotalSeconds:F2} s, first receipt {(result.Received ? $"after {result.Serves.TotalSeconds:F2} s" : "never")}");
        });
        return command;
    }

    internal static Command ComeBack()
    {
        var machines = Machines();
        var command = new Command("comeback", "Cuts all connections of a fleet of SDK clients at once: how long until they are back, and how many negotiate.") { machines };
        command.SetAction(async (parsed, token) =>
        {
            var result = await Comeback.RunAsync(parsed.GetValue(machines), token);
            Print($"{result.Cut:N0} connections cut; 99 % back after {result.P99.TotalSeconds:F2} s, the last after {result.Last.TotalSeconds:F2} s; {result.Negotiations:N0} negotiations, {result.PeakNegotiations:N0} in the busiest second");
        });
        return command;
    }

    private static Option<string> Server()
    {
        var server = new Option<string>("--server") { Description = "Which to measure.", DefaultValueFactory = _ => "ours" };
        server.AcceptOnlyFromAmong([.. Launch.Names]);
        return server;
    }

    private static Option<int> Machines() => Number("--machines", 2000, "Machines, each on its own WebSocket.");

    private static Option<double> Rate() => new("--rate") { Description = "Events a second, all machines together.", DefaultValueFactory = _ => 2000 };

    private static Option<int> Number(string name, int value, string description) => new(name) { Description = description, DefaultValueFactory = _ => value };

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
