using System.CommandLine;
using PaymentMonitor.Benchmarks.Peer;
using PaymentMonitor.Benchmarks.Servers;

namespace PaymentMonitor.Benchmarks.Cli;

/// <summary>The servers that live in this program, each to run in a process of its own.</summary>
internal static class ServerCommands
{
    internal static Command Echo()
    {
        var urls = Urls();
        var command = new Command("echo", "A bare WebSocket echo on Kestrel: the limit that everything else is measured against.") { urls };
        command.SetAction((parsed, token) => EchoServer.RunAsync(parsed.GetRequiredValue(urls), token));
        return command;
    }

    internal static Command Peer()
    {
        var urls = Urls();
        var redis = new Option<string>("--redis") { Description = "A configuration string of StackExchange.Redis.", Required = true };
        var postgres = new Option<string>("--postgres") { Description = "A connection string of Npgsql.", Required = true };
        var durable = new Option<DurablePoint>("--durable") { Description = "Where the receipt is given." };
        var command = new Command("peer", "SignalR, Redis Streams, a worker and PostgreSQL: the same job as people would build it.") { urls, redis, postgres, durable };
        command.SetAction((parsed, token) => PeerServer.RunAsync(
            new PeerOptions(parsed.GetRequiredValue(urls), parsed.GetRequiredValue(redis), parsed.GetRequiredValue(postgres), parsed.GetValue(durable)), token));
        return command;
    }

    private static Option<string> Urls() => new("--urls") { Description = "Where to listen.", DefaultValueFactory = _ => "http://127.0.0.1:0" };
}
