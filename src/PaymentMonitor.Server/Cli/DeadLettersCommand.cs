using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor dead-letters</c>: what was taken in and could not count, and the way back into the log.</summary>
internal static class DeadLettersCommand
{
    internal static Command Create()
    {
        return new Command("dead-letters", "Events that were taken in and could not count: look at them, and put them back.")
        {
            List(),
            Show(),
            Replay(),
        }.WithExamples("""
            paymentmonitor dead-letters list --reason terms-changed
            paymentmonitor dead-letters show 17
            paymentmonitor dead-letters replay 17
            paymentmonitor dead-letters replay --all --reason poison --from 2026-11-25T00:00:00Z
            """);
    }

    private static Command List()
    {
        var filter = new Filter();
        var all = new Option<bool>("--all") { Description = "Also those that were put back already." };
        var limit = new Option<int>("--limit") { Description = "At most so many.", DefaultValueFactory = _ => 100 };
        var connection = ServerConnection.Options();
        var command = new Command("list", "Dead letters that match every given condition: id, time, reason, machine, event, and how often it was put back.");
        filter.AddTo(command);
        command.Options.Add(all);
        command.Options.Add(limit);
        connection.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            await using var server = await ServerConnection.OpenAsync(parsed, connection, token);
            var query = new QueryText()
                .With("reason", parsed.GetValue(filter.Reason))
                .With("machineId", parsed.GetValue(filter.Machine))
                .With("from", parsed.GetValue(filter.From))
                .With("to", parsed.GetValue(filter.To))
                .With("replayed", parsed.GetValue(all) ? null : "false");
            return await server.PrintPagesAsync("/api/dead-letters", query, parsed.GetValue(limit), Line, token);
        });
        return command;
    }

    private static Command Show()
    {
        var id = new Argument<string>("id") { Description = "The id from the list." };
        var connection = ServerConnection.Options();
        var command = new Command("show", "One dead letter with what it means and what was sent, as JSON.") { id };
        connection.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            await using var server = await ServerConnection.OpenAsync(parsed, connection, token);
            using var response = await server.Http.GetAsync(Path(parsed.GetRequiredValue(id)), token);
            using var answer = await ServerConnection.ReadAsync(response, token);
            if (answer is null)
            {
                return CommandLine.Failed;
            }

            Console.WriteLine(IndentedJson.Of(answer.RootElement));
            return CommandLine.Done;
        });
        return command;
    }

    private static Command Replay()
    {
        var id = new Argument<string?>("id") { Description = "One dead letter.", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "All that match the conditions and were not put back before." };
        var filter = new Filter();
        var connection = ServerConnection.Options();
        var command = new Command("replay", "Puts dead letters back into the log under their own ids. What still cannot count is set aside again.") { id, all };
        filter.AddTo(command);
        connection.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(id) is null == !result.GetValue(all))
            {
                result.AddError("Name one dead letter, or say --all.");
            }
        });
        command.SetAction(async (parsed, token) =>
        {
            await using var server = await ServerConnection.OpenAsync(parsed, connection, token);
            return parsed.GetValue(id) is { } one
                ? await ReplayOneAsync(server, one, token)
                : await ReplayAllAsync(server, filter.Selection(parsed), token);
        });
        return command;
    }

    private static async Task<int> ReplayOneAsync(ServerConnection server, string id, CancellationToken cancellationToken)
    {
        using var response = await server.Http.PostAsync($"{Path(id)}/replay", null, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            Console.WriteLine($"Put back {id}.");
            return CommandLine.Done;
        }

        await Console.Error.WriteLineAsync($"error: {await ServerConnection.RefusalAsync(response, cancellationToken)}");
        return CommandLine.Failed;
    }

    // What is done is done when it is interrupted: the next run goes on with the rest.
    private static async Task<int> ReplayAllAsync(ServerConnection server, Dictionary<string, object?> selection, CancellationToken cancellationToken)
    {
        var (replayed, refused) = (0, 0);
        do
        {
            using var response = await server.Http.PostAsJsonAsync("/api/dead-letters/replay", selection, cancellationToken);
            using var page = await ServerConnection.ReadAsync(response, cancellationToken);
            if (page is null)
            {
                return CommandLine.Failed;
            }

            foreach (var one in page.RootElement.GetProperty("refused").EnumerateArray())
            {
                refused++;
                await Console.Error.WriteLineAsync($"{one.GetProperty("id").GetString()}: {one.GetProperty("name").GetString()}: {one.GetProperty("message").GetString()}");
            }

            replayed += page.RootElement.GetProperty("replayed").GetInt32();
            selection["continuation"] = page.RootElement.GetProperty("continuation").GetString();
            await Console.Error.WriteLineAsync($"{replayed} put back, {refused} not");
        }
        while (selection["continuation"] is not null);

        Console.WriteLine($"Put back {replayed}; {refused} could not be.");
        return refused == 0 ? CommandLine.Done : CommandLine.Failed;
    }

    private static string Line(JsonElement letter)
    {
        string Text(string name) => letter.GetProperty(name).GetString() ?? "";
        var replays = letter.GetProperty("replays").GetInt32();
        var state = letter.GetProperty("replayedAt").ValueKind is JsonValueKind.Null ? "" : $" put back by {Text("replayedBy")}";
        var again = replays == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" came back {replays}x");
        return $"{Text("id"),-8} {letter.GetProperty("time").GetDateTimeOffset():u} {Text("reason"),-18} {Text("machineId"),-20} {Text("orderId"),-36} {Text("eventId")}{again}{state}".TrimEnd();
    }

    private static string Path(string id) => $"/api/dead-letters/{Uri.EscapeDataString(id)}";

    /// <summary>Which letters are meant.</summary>
    private sealed class Filter
    {
        internal Option<string?> Reason { get; } = new("--reason") { Description = "Set aside for this reason.", HelpName = "REASON" };

        internal Option<string?> Machine { get; } = new("--machine") { Description = "Of this machine.", HelpName = "ID" };

        internal Option<DateTimeOffset?> From { get; } = new("--from") { Description = "Set aside at or after.", HelpName = "TIME" };

        internal Option<DateTimeOffset?> To { get; } = new("--to") { Description = "Set aside before.", HelpName = "TIME" };

        internal void AddTo(Command command)
        {
            command.Options.Add(Reason);
            command.Options.Add(Machine);
            command.Options.Add(From);
            command.Options.Add(To);
        }

        internal Dictionary<string, object?> Selection(ParseResult parsed) => new()
        {
            ["reason"] = parsed.GetValue(Reason),
            ["machineId"] = parsed.GetValue(Machine),
            ["from"] = parsed.GetValue(From),
            ["to"] = parsed.GetValue(To),
        };
    }
}
