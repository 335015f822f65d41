using System.CommandLine;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Simulator;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor demo</c>: a server, a payment provider and a fleet, as three processes in a temporary folder, and a verdict.</summary>
internal static class DemoCommand
{
    internal static Command Create()
    {
        var arguments = new FleetArguments();
        var keep = new Option<bool>("--keep") { Description = "Stays up afterwards, with the data, until Ctrl-C." };
        var command = new Command("demo", "Runs everything on this machine and judges it: server, fleet and payment provider as separate processes. The exit code is 0 only if nothing receipted was lost and no decision was doubled.");
        arguments.AddTo(command);
        command.Options.Add(keep);
        command.SetAction((parsed, _) => RunAsync(parsed, arguments, parsed.GetValue(keep)));
        return command.WithExamples("""
            paymentmonitor demo
            paymentmonitor demo --machines 500 --rate 1000 --seconds 10 --json report.json
            paymentmonitor demo --keep
            """);
    }

    private static async Task<int> RunAsync(ParseResult parsed, FleetArguments arguments, bool keep)
    {
        var folder = Directory.CreateTempSubdirectory("paymentmonitor-demo-").FullName;
        try
        {
            using var early = new EarlyEnd();
            var secret = WebhookSecret.Generate();
            var environment = new Dictionary<string, string> { [ServeCommand.ProviderSecretVariable] = secret };
            var key = ApiKeyFile.Open(folder, TimeProvider.System).Add("demo", Roles.Operator);
            await using var server = await ChildProcess.StartAsync(["serve", "--urls", "http://127.0.0.1:0", "--data", folder, "--demo-credentials"], environment, early.Token);
            await using var provider = await ChildProcess.StartAsync(
                ["provider", "--urls", "http://127.0.0.1:0", "--callback", new Uri(server.Address, "/api/provider/callback").ToString(), "--seed", $"{arguments.Seed(parsed)}", "--lost", "0.02", "--late", "0.03", "--double", "0.03"],
                environment,
                early.Token);
            Console.WriteLine($"Server   {server.Address} (process {server.Id}, data in {folder})");
            Console.WriteLine($"Provider {provider.Address} (process {provider.Id})");
            // Behind '#' the key stays in the browser: no server and no log sees it.
            Console.WriteLine($"Look     {server.Address}ops/#key={key}");

            var fleet = new Fleet(arguments.Apply(parsed, new FleetOptions
            {
                Endpoint = server.Address,
                Provider = provider.Address,
                ApiKey = key,
                Secret = _ => DemoMachines.Secret,
            }));
            var exitCode = await FleetVerdict.RunAsync(fleet, arguments.Json(parsed), early.Token);
            if (keep)
            {
                await StayAsync(server, key);
            }

            return exitCode;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task StayAsync(ChildProcess server, string key)
    {
        Console.WriteLine($"The server stays up at {server.Address}; operator key: {key}. Ctrl-C ends it and deletes its data.");
        using var end = new EarlyEnd();
        try
        {
            await Task.Delay(Timeout.Infinite, end.Token);
        }
        catch (OperationCanceledException) when (end.Token.IsCancellationRequested)
        {
            // Asked for.
        }
    }
}
