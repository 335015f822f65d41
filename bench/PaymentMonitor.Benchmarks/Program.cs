using System.CommandLine;
using BenchmarkDotNet.Running;
using PaymentMonitor.Benchmarks.Cli;
using PaymentMonitor.Benchmarks.Micro;

var micro = new Command("micro", "The pieces of one event's way, each alone, by BenchmarkDotNet. Further arguments are its own.") { TreatUnmatchedTokensAsErrors = false };
micro.SetAction(parsed => { _ = BenchmarkSwitcher.FromTypes([typeof(PieceBenchmarks)]).Run(parsed.UnmatchedTokens.Count > 0 ? [.. parsed.UnmatchedTokens] : ["--filter", "*"]); });

var root = new RootCommand("""
    Benchmarks of PaymentMonitor. Linux only: the load generator waits with epoll. It speaks the machine's protocol without a
    machine's disk journal, so latencies are the server's and the sockets', not those of a machine's own disk.

    Examples:
      dotnet run -c Release --project bench/PaymentMonitor.Benchmarks -- compare --json comparison.json
      dotnet run -c Release --project bench/PaymentMonitor.Benchmarks -- compare --servers echo ours --seconds 5 --repeats 1
    """)
{
    ScenarioCommands.Compare(),
    ScenarioCommands.IdleConnections(),
    ScenarioCommands.Flood(),
    ScenarioCommands.Restart(),
    ScenarioCommands.ComeBack(),
    WebhookCommand.Create(),
    SoakCommand.Create(),
    TelemetryCommand.Create(),
    micro,
    ServerCommands.Echo(),
    ServerCommands.Peer(),
};

try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
}
catch (OperationCanceledException)
{
    return 1;
}
catch (Exception e) when (e is IOException or PlatformNotSupportedException or HttpRequestException)
{
    await Console.Error.WriteLineAsync($"error: {e.Message}");
    return 1;
}
