using System.CommandLine;
using PaymentMonitor.Benchmarks.Peer;
using PaymentMonitor.Benchmarks.Scenarios;
using PaymentMonitor.Benchmarks.Servers;

var urls = new Option<string>("--urls") { Description = "Where to listen.", DefaultValueFactory = _ => "http://127.0.0.1:0" };
var echo = new Command("echo", "A bare WebSocket echo on Kestrel: the limit that everything else is measured against.") { urls };
echo.SetAction((parsed, token) => EchoServer.RunAsync(parsed.GetValue(urls)!, token));

var redis = new Option<string>("--redis") { Description = "A configuration string of StackExchange.Redis.", Required = true };
var postgres = new Option<string>("--postgres") { Description = "A connection string of Npgsql.", Required = true };
var durable = new Option<DurablePoint>("--durable") { Description = "Where the receipt is given." };
var peer = new Command("peer", "SignalR, Redis Streams, a worker and PostgreSQL: the same job as people would build it.") { urls, redis, postgres, durable };
peer.SetAction((parsed, token) => PeerServer.RunAsync(
    new PeerOptions(parsed.GetValue(urls)!, parsed.GetRequiredValue(redis), parsed.GetRequiredValue(postgres), parsed.GetValue(durable)), token));

var servers = new Option<string[]>("--servers")
{
    Description = $"Which to compare: {string.Join(", ", Launch.Names)}.",
    DefaultValueFactory = _ => [.. Launch.Names],
    AllowMultipleArgumentsPerToken = true,
};
var machines = new Option<int>("--machines") { DefaultValueFactory = _ => 2000 };
var rate = new Option<double>("--rate") { Description = "Events a second of the paced load.", DefaultValueFactory = _ => 2000 };
var seconds = new Option<int>("--seconds") { Description = "How long the paced load is measured.", DefaultValueFactory = _ => 20 };
var repeats = new Option<int>("--repeats") { Description = "Runs of each server; the medians count.", DefaultValueFactory = _ => 3 };
var compare = new Command("compare", "The servers side by side under one load.") { servers, machines, rate, seconds, repeats };
compare.SetAction(async (parsed, token) =>
{
    var options = new ComparisonOptions(
        parsed.GetValue(servers)!, parsed.GetValue(machines), parsed.GetValue(rate), TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(repeats), 0);
    _ = await new Comparison(options, Console.Out).RunAsync(token);
});

return await new RootCommand("Benchmarks of PaymentMonitor.") { echo, peer, compare }.Parse(args).InvokeAsync();
