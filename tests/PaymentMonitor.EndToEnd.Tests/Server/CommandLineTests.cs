using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using PaymentMonitor.Tests.Server;

namespace PaymentMonitor.EndToEnd.Tests.Server;

/// <summary>What the program says and how it exits.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_demo_loses_and_doubles_nothing_and_writes_its_report()
    {
        var json = Path.Combine(_folder, "report.json");

        var demo = await PaymentMonitorProgram.RunAsync("demo", "--machines", "50", "--rate", "100", "--seconds", "5", "--json", json);

        Assert.True(demo.ExitCode == 0, $"{demo.Output}\n{demo.Errors}");
        var report = JsonNode.Parse(await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken))!.AsObject();
        Assert.Equal(["machines", "connected", "seconds", "events", "orders", "decisions", "latencyMs", "eventsPerSecond", "reconciliation"], Names(report));
        Assert.Equal(["payments", "refunds", "differences"], Names(report["reconciliation"]));
        Assert.Equal(["sent", "receipted", "rejected", "setAside"], Names(report["events"]));
        Assert.Equal(["created", "ended", "open"], Names(report["orders"]));
        Assert.Equal(["received", "lost", "doubled"], Names(report["decisions"]));
        Assert.Equal(["receipt", "decision", "byChannel"], Names(report["latencyMs"]));
        Assert.Equal(["p50", "p99", "p999", "max"], Names(report["latencyMs"]!["receipt"]));
        Assert.Equal(["p50", "p99", "p999", "max"], Names(report["latencyMs"]!["decision"]));
        Assert.Contains("qr", Names(report["latencyMs"]!["byChannel"]));
        Assert.Equal((50, 50), (report["machines"]!.GetValue<int>(), report["connected"]!.GetValue<int>()));
        Assert.Equal((0, 0), (report["decisions"]!["lost"]!.GetValue<int>(), report["decisions"]!["doubled"]!.GetValue<int>()));
        Assert.Equal(500, report["events"]!["sent"]!.GetValue<int>());
        Assert.True(report["decisions"]!["received"]!.GetValue<int>() > 0);
    }

    [Theory]
    [InlineData("--port", "serve", "--port", "8080")]
    [InlineData("0", "demo", "--machines", "0")]
    [InlineData("many", "demo", "--machines", "many")]
    [InlineData("often", "provider", "--callback", "http://127.0.0.1:1/", "--lost", "often")]
    [InlineData("guess", "guess")]
    [InlineData("--endpoint", "simulate")]
    [InlineData("replay", "replay")]
    public async Task A_wrong_command_line_is_told_in_a_sentence(string named, params string[] arguments)
    {
        var outcome = await PaymentMonitorProgram.RunAsync(arguments);

        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith("error: ", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains(named, outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("--help", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_cannot_start_says_why()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        AssertNotStarted("port-in-use", await PaymentMonitorProgram.RunAsync("serve", "--data", _folder, "--urls", $"http://{other.LocalEndpoint}"));
        AssertNotStarted("wrong-address", await PaymentMonitorProgram.RunAsync("serve", "--data", _folder, "--urls", "nonsense"));
        AssertNotStarted("demo-not-loopback", await PaymentMonitorProgram.RunAsync("serve", "--data", _folder, "--urls", "http://0.0.0.0:0", "--demo-credentials"));
        AssertNotStarted("no-data", await PaymentMonitorProgram.RunAsync("export", "--data", Path.Combine(_folder, "none"), Path.Combine(_folder, "history.jsonl")));
    }

    [Theory]
    [InlineData]
    [InlineData("serve")]
    [InlineData("demo")]
    [InlineData("simulate")]
    [InlineData("machines")]
    [InlineData("orders")]
    [InlineData("dead-letters")]
    [InlineData("replay")]
    [InlineData("export")]
    [InlineData("reconcile")]
    public async Task Help_shows_examples(params string[] command)
    {
        var help = await PaymentMonitorProgram.RunAsync([.. command, "--help"]);

        Assert.Equal(0, help.ExitCode);
        Assert.Contains("Examples:", help.Output, StringComparison.Ordinal);
        Assert.Contains(string.Join(' ', ["  paymentmonitor", .. command]), help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Machines_are_kept_from_the_command_line_of_a_running_server()
    {
        await using var server = await TestServer.StartAsync();
        string[] at = ["--url", server.Address.ToString(), "--api-key", server.NewKey(Roles.Operator)];

        Assert.Equal(0, (await PaymentMonitorProgram.RunAsync(["machines", "add", "m-1", "--channels", "qr,cash", .. at])).ExitCode);
        var list = await PaymentMonitorProgram.RunAsync(["machines", "list", .. at]);

        Assert.True(list.ExitCode == 0, list.Errors);
        Assert.Contains("m-1", list.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await PaymentMonitorProgram.RunAsync(["machines", "revoke", "m-1", .. at])).ExitCode);
        Assert.NotNull((await server.GetAsync("/api/machines/m-1"))["revokedAt"]);
        Assert.Equal(1, (await PaymentMonitorProgram.RunAsync(["machines", "rotate", "m-2", .. at])).ExitCode);
    }

    [Fact]
    public async Task A_fleet_is_imported_from_a_file_and_what_is_refused_is_named_by_its_line()
    {
        await using var server = await TestServer.StartAsync();
        string[] at = ["--url", server.Address.ToString(), "--api-key", server.NewKey(Roles.Operator)];
        await server.RegisterAsync("m-1", "qr");
        var file = Path.Combine(_folder, "fleet.csv");
        await File.WriteAllLinesAsync(file, ["machineId,channels,secret", "m-1,qr", "m-2,qr+cash", $"m-3,card-terminal,{new string('s', 40)}", "M 4,qr"]);

        var import = await PaymentMonitorProgram.RunAsync(["machines", "import", file, .. at]);

        Assert.Equal(1, import.ExitCode);
        var secrets = import.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => line.Split(',')).ToDictionary(pair => pair[0], pair => pair[1]);
        Assert.Equal(["m-2", "m-3"], secrets.Keys.Order());
        Assert.Contains("refused: line 2: ", import.Errors, StringComparison.Ordinal);
        Assert.Contains("refused: line 5: ", import.Errors, StringComparison.Ordinal);
        Assert.Contains("2 registered, 2 refused.", import.Errors, StringComparison.Ordinal);
        await using var machine = await server.ConnectAsync("m-2", secrets["m-2"]);
        await machine.SayAsync("o-1", TestMachine.Created("cash"));
    }

    private static void AssertNotStarted(string name, PaymentMonitorProgram.Outcome outcome)
    {
        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains($"error: {name}: ", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Names(JsonNode? json) => json!.AsObject().Select(field => field.Key);
}
