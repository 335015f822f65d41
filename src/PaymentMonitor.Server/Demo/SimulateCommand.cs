using System.CommandLine;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Simulator;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor simulate</c>: the fleet alone, against any deployment.</summary>
internal static class SimulateCommand
{
    internal static Command Create()
    {
        var arguments = new FleetArguments();
        var endpoint = UriOption.Create("--endpoint", "The deployment's address.");
        endpoint.Required = true;
        var apiKey = new Option<string?>("--api-key")
        {
            Description = "Reads the orders for the verdict (role reader); PAYMENTMONITOR_API_KEY in the environment does as well.",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("PAYMENTMONITOR_API_KEY"),
            HelpName = "KEY",
        };
        var secrets = new Option<FileInfo?>("--secrets")
        {
            Description = "Lines 'machineId,secret', as 'machines import' writes them; left out, the demo secret and m0001, m0002, ...",
            HelpName = "FILE",
        };
        var provider = UriOption.Create("--provider", "A running simulated provider (paymentmonitor provider). Left out, customers pay by card terminal and cash only. The verdict compares its statement, too.");
        var command = new Command("simulate", "Runs a fleet of machines against a deployment and judges it, reading orders through the API only.")
        {
            endpoint,
            apiKey,
            secrets,
            provider,
        };
        arguments.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            InlineSockets.Enable();
            using var early = new EarlyEnd();
            var key = parsed.GetValue(apiKey)
                ?? throw new StartupException("no-key", "The verdict reads orders: give --api-key, or PAYMENTMONITOR_API_KEY in the environment.");
            var options = arguments.Apply(parsed, new FleetOptions
            {
                Endpoint = parsed.GetRequiredValue(endpoint),
                Provider = parsed.GetValue(provider),
                ApiKey = key,
                Secret = _ => DemoMachines.Secret,
            });
            var statement = options.Provider is { } address ? new StatementCheck(options.Endpoint, key, address, ProviderSettings.Key(), saveTo: null) : null;
            return await FleetVerdict.RunAsync(new Fleet(WithSecrets(options, parsed.GetValue(secrets))), statement, arguments.Json(parsed), early.Token);
        });
        return command.WithExamples("""
            paymentmonitor simulate --endpoint http://127.0.0.1:8080 --api-key pm_reader_...
            paymentmonitor simulate --endpoint http://127.0.0.1:8080 --api-key pm_reader_... --faults heavy --seed 7
            paymentmonitor simulate --endpoint https://pay.example.com --secrets secrets.csv --machines 100 --rate 100
            """);
    }

    private static FleetOptions WithSecrets(FleetOptions options, FileInfo? file)
    {
        if (file is null)
        {
            return options;
        }

        var machines = new List<MachineId>();
        var secrets = new Dictionary<MachineId, string>();
        foreach (var line in File.ReadLines(file.FullName))
        {
            if (line.Split(',', StringSplitOptions.TrimEntries) is not [var id, { Length: > 0 } secret] || !MachineId.TryParse(id, out var machine))
            {
                throw new StartupException("wrong-line", $"'{file.Name}' has a line that is not 'machineId,secret'.");
            }

            machines.Add(machine);
            secrets[machine] = secret;
        }

        if (machines.Count < options.Machines)
        {
            throw new StartupException("too-few-secrets", $"'{file.Name}' has {machines.Count} machines; --machines asks for {options.Machines}.");
        }

        return options with { Name = number => machines[number - 1], Secret = machine => secrets[machine] };
    }
}
