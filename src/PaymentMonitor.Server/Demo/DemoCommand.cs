using System.CommandLine;
using System.Net.Http.Headers;
using System.Security.Cryptography;
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
        var command = new Command("demo", "Runs everything on this machine and judges it: server, fleet and payment provider as separate processes. The exit code is 0 only if nothing receipted was lost, no decision was doubled, and the provider's statement agrees with the orders.");
        arguments.AddTo(command);
        command.Options.Add(keep);
        command.SetAction((parsed, _) =>
        {
            InlineSockets.Enable();
            return RunAsync(parsed, arguments, parsed.GetValue(keep));
        });
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
            var merchantKey = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            var environment = new Dictionary<string, string> { [ServeCommand.ProviderSecretVariable] = secret, [ProviderSettings.KeyVariable] = merchantKey };
            var key = ApiKeyFile.Open(folder, TimeProvider.System).Add("demo", Roles.Operator);
            await using var provider = await ChildProcess.StartAsync(
                [
                    "provider", "--urls", "http://127.0.0.1:0", "--seed", $"{arguments.Seed(parsed)}",
                    "--lost", "0.02", "--late", "0.03", "--double", "0.03", "--errors", "0.02", "--slow", "0.01", "--silent", "0.002",
                ],
                environment,
                early.Token);
            await using var server = await ChildProcess.StartAsync(
                ["serve", "--urls", "http://127.0.0.1:0", "--data", folder, "--demo-credentials", "--provider", provider.Address.ToString()], environment, early.Token);
            await CallBackAsync(provider.Address, merchantKey, server.Address, early.Token);
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
            var statement = new StatementCheck(server.Address, key, provider.Address, merchantKey, Path.Combine(folder, "statement.csv"));
            var exitCode = await FleetVerdict.RunAsync(fleet, statement, arguments.Json(parsed), early.Token);
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

    // Each of the two must know the other's address, and both take a free port.
    private static async Task CallBackAsync(Uri provider, string merchantKey, Uri server, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", merchantKey) } };
        using var answer = await http.PutAsJsonAsync(new Uri(provider, "/callback"), new CallbackAddress(new Uri(server, "/api/provider/callback")), cancellationToken);
        answer.EnsureSuccessStatusCode();
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
