using System.CommandLine;
using System.Text.Json;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor machines</c>: which machines may connect, and what they may be paid with.</summary>
internal static class MachinesCommand
{
    internal static Command Create()
    {
        return new Command("machines", "The registry of machines.")
        {
            Add(),
            List(),
            Rotate(),
            Revoke(),
            MachineProgressCommand.Create(),
            MachineImport.Create(),
        }.WithExamples("""
            paymentmonitor machines add m-17 --channels qr,card-terminal
            paymentmonitor machines rotate m-17 --overlap-hours 1
            paymentmonitor machines import fleet.csv > secrets.csv
            paymentmonitor machines progress m-17
            paymentmonitor machines list --url https://pay.example.com --api-key pm_reader_...
            """);
    }

    private static Command Add()
    {
        var id = Id();
        var channels = Channels();
        return Verb("add", "Registers a machine and shows its secret, once.", [id], [channels], (http, parsed, token) =>
            http.PutAsJsonAsync($"/api/machines/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}", new { channels = Split(parsed.GetRequiredValue(channels)) }, token));
    }

    private static Command Rotate()
    {
        var id = Id();
        var overlap = new Option<double>("--overlap-hours") { Description = "How long the old secret still works; 0 ends it now.", DefaultValueFactory = _ => 24 };
        return Verb("rotate", "Makes a new secret and shows it, once.", [id], [overlap], (http, parsed, token) =>
            http.PostAsync(FormattableString.Invariant($"/api/machines/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}/rotate?overlapHours={parsed.GetValue(overlap)}"), null, token));
    }

    private static Command Revoke()
    {
        var id = Id();
        return Verb("revoke", "Turns a machine away for good and closes its connections.", [id], [], (http, parsed, token) =>
            http.PostAsync($"/api/machines/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}/revoke", null, token));
    }

    private static Command List()
    {
        var connection = ServerConnection.Options();
        var command = new Command("list", "Lists the machines in the order of their ids.");
        connection.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            await using var server = await ServerConnection.OpenAsync(parsed, connection, token);
            string? after = null;
            do
            {
                using var response = await server.Http.GetAsync($"/api/machines?limit=1000{(after is null ? "" : $"&after={after}")}", token);
                using var page = await ServerConnection.ReadAsync(response, token);
                if (page is null)
                {
                    return CommandLine.Failed;
                }

                foreach (var machine in page.RootElement.GetProperty("items").EnumerateArray())
                {
                    Console.WriteLine(Line(machine));
                }

                after = page.RootElement.GetProperty("continuation").GetString();
            }
            while (after is not null);
            return CommandLine.Done;
        });
        return command;
    }

    private static Command Verb(
        string name,
        string description,
        Argument[] arguments,
        Option[] options,
        Func<HttpClient, ParseResult, CancellationToken, Task<HttpResponseMessage>> call)
    {
        var connection = ServerConnection.Options();
        var command = new Command(name, description);
        Array.ForEach(arguments, command.Arguments.Add);
        Array.ForEach(options, command.Options.Add);
        connection.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            await using var server = await ServerConnection.OpenAsync(parsed, connection, token);
            using var response = await call(server.Http, parsed, token);
            using var answer = await ServerConnection.ReadAsync(response, token);
            if (answer is null)
            {
                return CommandLine.Failed;
            }

            // The secret alone goes to standard output, so that a script can take it.
            await Console.Error.WriteLineAsync(Line(answer.RootElement.GetProperty("machine")));
            if (answer.RootElement.GetProperty("secret").GetString() is { } secret)
            {
                Console.WriteLine(secret);
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static string Line(JsonElement machine)
    {
        var channels = string.Join(',', machine.GetProperty("channels").EnumerateArray().Select(channel => channel.GetString()));
        var state = machine.GetProperty("revokedAt").ValueKind == JsonValueKind.Null ? "active" : "revoked";
        return $"{machine.GetProperty("machineId").GetString(),-36} {state,-8} {channels}";
    }

    internal static string[] Split(string channels) => channels.Split([',', ';', '+'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static Argument<string> Id() => new("machine-id") { Description = $"{Contracts.MachineId.Rule}." };

    private static Option<string> Channels() => new("--channels")
    {
        Description = "What the machine may be paid with, separated by commas, for example qr,card-terminal,cash.",
        Required = true,
        HelpName = "CHANNELS",
    };
}
