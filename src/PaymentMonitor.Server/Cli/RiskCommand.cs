using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor risk</c>: the kill switch, deny lists and limits by which orders are refused.</summary>
internal static class RiskCommand
{
    private static readonly string[] Limits = ["ordersPerHour", "amountPerHour"];

    internal static Command Create()
    {
        return new Command("risk", "What orders are refused by: the kill switch, deny lists, limits.")
        {
            List(),
            Change("stop", "Throws the kill switch: no new permissions for the fleet, a channel or a machine. Paid orders close and are refunded.", "Stop", ["Fleet", "Channel", "Machine"]),
            Take("resume", "Takes a kill switch back.", "Stop", ["Fleet", "Channel", "Machine"]),
            Change("deny", "Puts a channel, machine or coupon on its deny list.", "Deny", ["Channel", "Machine", "Coupon"]),
            Take("undeny", "Takes a channel, machine or coupon off its deny list.", "Deny", ["Channel", "Machine", "Coupon"]),
            Change("limit", "Limits what one machine, or each, may allow in an hour.", "Limit", ["Fleet", "Machine"]),
            Take("unlimit", "Takes a limit back.", "Limit", ["Fleet", "Machine"]),
            Import(),
            History(),
        }.WithExamples("""
            paymentmonitor risk stop --fleet --reason "Provider refunds everything twice, incident 4711"
            paymentmonitor risk resume --fleet --reason "Fixed"
            paymentmonitor risk deny --coupon SPRING25 --reason "Leaked"
            paymentmonitor risk limit --each --orders-per-hour 60 --reason "No machine sells more"
            paymentmonitor risk import coupons.csv --reason "Weekly list"
            """);
    }

    private static Command List()
    {
        return Printing("list", "The entries: kind, what it is about, limits, who and why.", [], _ => "/api/risk", entry => Line(entry, entry));
    }

    private static Command History()
    {
        var limit = new Option<int>("--limit") { Description = "At most so many, up to 1,000.", DefaultValueFactory = _ => 100 };
        return Printing("history", "Who changed what, and why, newest first.", [limit], parsed => $"/api/risk/history?limit={parsed.GetValue(limit)}", change =>
        {
            var verb = change.GetProperty("isRemoved").GetBoolean() ? "removed" : "set";
            return $"{change.GetProperty("at").GetDateTimeOffset():u} {verb,-8} {Line(change.GetProperty("entry"), change)}";
        });
    }

    private static Command Change(string name, string description, string kind, string[] scopes)
    {
        var subject = new Subject(scopes);
        var orders = new Option<int?>("--orders-per-hour") { Description = "Permissions in any 60 minutes.", HelpName = "N" };
        var amount = new Option<long?>("--amount-per-hour") { Description = "The sum of their amounts, in minor units.", HelpName = "N" };
        return Posting(name, description, subject, kind is "Limit" ? [orders, amount] : [], "/api/risk", parsed => new
        {
            kind,
            scope = subject.Scope(parsed),
            value = subject.Value(parsed),
            reason = parsed.GetValue(subject.Reason),
            ordersPerHour = kind is "Limit" ? parsed.GetValue(orders) : null,
            amountPerHour = kind is "Limit" ? parsed.GetValue(amount) : null,
        });
    }

    private static Command Take(string name, string description, string kind, string[] scopes)
    {
        var subject = new Subject(scopes);
        return Posting(name, description, subject, [], "/api/risk/remove", parsed => new
        {
            kind,
            scope = subject.Scope(parsed),
            value = subject.Value(parsed),
            reason = parsed.GetValue(subject.Reason),
        });
    }

    private static Command Import()
    {
        var file = new Argument<FileInfo>("file") { Description = "Lines 'scope,value', such as 'coupon,SPRING25'; with a scope of channel, machine or coupon." };
        file.AcceptExistingOnly();
        var reason = new Option<string>("--reason") { Description = "Why, for whoever asks later.", Required = true, HelpName = "TEXT" };
        var connection = ServerConnection.Options();
        var command = new Command("import", "Puts a whole list on the deny lists, or nothing of it if a line is wrong.") { file, reason };
        connection.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            var entries = new List<object>();
            await foreach (var line in File.ReadLinesAsync(parsed.GetRequiredValue(file).FullName, token))
            {
                if (line.Split(',', 2) is [var scope, var value] && scope.Trim().ToLowerInvariant() is "channel" or "machine" or "coupon")
                {
                    entries.Add(new { kind = "Deny", scope = scope.Trim(), value = value.Trim(), reason = parsed.GetValue(reason) });
                }
                else if (!string.IsNullOrWhiteSpace(line))
                {
                    await Console.Error.WriteLineAsync($"error: wrong-line: '{line}' is not 'scope,value' with a scope of channel, machine or coupon.");
                    return CommandLine.Failed;
                }
            }

            await using var server = await ServerConnection.OpenAsync(parsed, connection, token);
            using var response = await server.Http.PostAsJsonAsync("/api/risk/import", new { entries }, token);
            using var answer = await ServerConnection.ReadAsync(response, token);
            if (answer is null)
            {
                return CommandLine.Failed;
            }

            Console.WriteLine($"Imported {answer.RootElement.GetProperty("entries").GetInt32()} entries.");
            return CommandLine.Done;
        });
        return command;
    }

    private static Command Printing(string name, string description, Option[] options, Func<ParseResult, string> path, Func<JsonElement, string> line)
    {
        var connection = ServerConnection.Options();
        var command = new Command(name, description);
        Array.ForEach(options, command.Options.Add);
        connection.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            await using var server = await ServerConnection.OpenAsync(parsed, connection, token);
            using var response = await server.Http.GetAsync(path(parsed), token);
            using var answer = await ServerConnection.ReadAsync(response, token);
            if (answer is null)
            {
                return CommandLine.Failed;
            }

            foreach (var item in answer.RootElement.GetProperty("items").EnumerateArray())
            {
                Console.WriteLine(line(item));
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static Command Posting(string name, string description, Subject subject, Option[] options, string path, Func<ParseResult, object> body)
    {
        var connection = ServerConnection.Options();
        var command = new Command(name, description);
        subject.AddTo(command);
        Array.ForEach(options, command.Options.Add);
        connection.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            await using var server = await ServerConnection.OpenAsync(parsed, connection, token);
            using var response = await server.Http.PostAsJsonAsync(path, body(parsed), token);
            if (response.IsSuccessStatusCode)
            {
                Console.WriteLine($"{name}: {subject.Scope(parsed).ToLowerInvariant()} {subject.Value(parsed)}".TrimEnd());
                return CommandLine.Done;
            }

            await Console.Error.WriteLineAsync($"error: {await ServerConnection.RefusalAsync(response, token)}");
            return CommandLine.Failed;
        });
        return command;
    }

    private static string Line(JsonElement entry, JsonElement word)
    {
        var limits = string.Join(' ', Limits
            .Where(limit => entry.TryGetProperty(limit, out var number) && number.ValueKind is JsonValueKind.Number)
            .Select(limit => string.Create(CultureInfo.InvariantCulture, $"{limit}={entry.GetProperty(limit).GetInt64()}")));
        return $"{entry.GetProperty("kind").GetString(),-6} {entry.GetProperty("scope").GetString(),-8} {entry.GetProperty("value").GetString(),-24} {limits,-18} {word.GetProperty("by").GetString()}: {word.GetProperty("reason").GetString()}";
    }

    /// <summary>What a command is about: exactly one of its options.</summary>
    private sealed class Subject(string[] scopes)
    {
        private readonly Option<bool> _fleet = new(scopes is ["Fleet", "Machine"] ? "--each" : "--fleet")
        {
            Description = scopes is ["Fleet", "Machine"] ? "Each machine that has no limit of its own." : "Every machine.",
        };

        private readonly Option<string?>[] _named =
        [
            .. scopes.Where(scope => scope is not "Fleet").Select(scope => new Option<string?>($"--{scope.ToLowerInvariant()}")
            {
                Description = $"This {scope.ToLowerInvariant()}.",
                HelpName = scope is "Coupon" ? "CODE" : "ID",
            }),
        ];

        internal Option<string> Reason { get; } = new("--reason") { Description = "Why, for whoever asks later.", Required = true, HelpName = "TEXT" };

        internal void AddTo(Command command)
        {
            if (scopes.Contains("Fleet"))
            {
                command.Options.Add(_fleet);
            }

            Array.ForEach(_named, command.Options.Add);
            command.Options.Add(Reason);
            command.Validators.Add(result =>
            {
                var given = _named.Count(option => result.GetValue(option) is not null) + (scopes.Contains("Fleet") && result.GetValue(_fleet) ? 1 : 0);
                if (given != 1)
                {
                    result.AddError($"Name exactly one of {string.Join(", ", command.Options.Where(option => option == _fleet || _named.Contains(option)).Select(option => option.Name))}.");
                }
            });
        }

        internal string Scope(ParseResult parsed) => Array.Find(_named, option => parsed.GetValue(option) is not null) is { } option ? char.ToUpperInvariant(option.Name[2]) + option.Name[3..] : "Fleet";

        internal string Value(ParseResult parsed) => _named.Select(option => parsed.GetValue(option)).FirstOrDefault(value => value is not null) ?? "";
    }
}
