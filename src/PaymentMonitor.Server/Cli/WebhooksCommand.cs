using System.CommandLine;
using System.Text.Json;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor webhooks</c>: the business systems that are told of orders, and what they were told.</summary>
internal static class WebhooksCommand
{
    internal static Command Create()
    {
        return new Command("webhooks", "The webhooks of business systems: subscriptions, deliveries, sending again.")
        {
            Add(),
            List(),
            Change(),
            Verb("remove", "Ends a subscription.", (http, id, _, token) => http.DeleteAsync($"/api/webhooks/{id}", token)),
            Verb("disable", "Stops deliveries; what happens meanwhile waits for 30 days.", (http, id, _, token) => http.PostAsync($"/api/webhooks/{id}/disable", null, token)),
            Enable(),
            Rotate(),
            Test(),
            WebhookDeliveriesCommands.Log(),
            WebhookDeliveriesCommands.Stats(),
            WebhookDeliveriesCommands.Resend(),
            WebhookDeliveriesCommands.Recover(),
        }.WithExamples("""
            paymentmonitor webhooks add https://shop.example.com/hooks --types order.paid,refund.due
            paymentmonitor webhooks test ep_4k2v9x0q7m1b3c5d
            paymentmonitor webhooks log ep_4k2v9x0q7m1b3c5d --outcome failed
            paymentmonitor webhooks resend ep_4k2v9x0q7m1b3c5d m-17 o-4711 3
            paymentmonitor webhooks recover ep_4k2v9x0q7m1b3c5d --since 2026-11-23T12:00Z
            """);
    }

    internal static Argument<string> EndpointId() => new("endpoint-id") { Description = "The endpoint's id, as 'webhooks list' shows it (ep_...)." };

    /// <summary>A command that calls the API and prints its answer.</summary>
    internal static Command Calling(
        string name,
        string description,
        Symbol[] symbols,
        Func<HttpClient, ParseResult, CancellationToken, Task<HttpResponseMessage>> call,
        Action<JsonElement>? print = null)
    {
        var connection = ServerConnection.Options();
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            switch (symbol)
            {
                case Argument argument:
                    command.Arguments.Add(argument);
                    break;
                case Option option:
                    command.Options.Add(option);
                    break;
            }
        }

        connection.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            await using var server = await ServerConnection.OpenAsync(parsed, connection, token);
            using var response = await call(server.Http, parsed, token);
            if (!response.IsSuccessStatusCode)
            {
                await Console.Error.WriteLineAsync($"error: {await ServerConnection.RefusalAsync(response, token)}");
                return CommandLine.Failed;
            }

            if (print is not null)
            {
                using var answer = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(token), cancellationToken: token);
                print(answer.RootElement);
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static Command Add()
    {
        var url = new Argument<string>("url") { Description = "The https address that is told." };
        var (types, machines, description) = Terms();
        return Calling(
            "add",
            "Subscribes an address to notices from now on, and shows its signing secret, once.",
            [url, types, machines, description],
            (http, parsed, token) => http.PostAsJsonAsync(
                "/api/webhooks",
                new { url = parsed.GetRequiredValue(url), types = Split(parsed.GetValue(types)), machines = Split(parsed.GetValue(machines)), description = parsed.GetValue(description) },
                token),
            PrintWithSecret);
    }

    private static Command Change()
    {
        var id = EndpointId();
        var url = new Option<string?>("--url-to") { Description = "Another address.", HelpName = "URL" };
        var (types, machines, description) = Terms();
        return Calling(
            "change",
            "Changes what is given, and leaves the rest.",
            [id, url, types, machines, description],
            (http, parsed, token) => http.PatchAsJsonAsync(
                $"/api/webhooks/{Escaped(parsed, id)}",
                new { url = parsed.GetValue(url), types = Split(parsed.GetValue(types)), machines = Split(parsed.GetValue(machines)), description = parsed.GetValue(description) },
                token),
            Print);
    }

    private static Command List() => Calling(
        "list",
        "Lists the subscriptions, oldest first.",
        [],
        (http, _, token) => http.GetAsync("/api/webhooks", token),
        answer =>
        {
            foreach (var endpoint in answer.GetProperty("items").EnumerateArray())
            {
                Print(endpoint);
            }
        });

    private static Command Enable()
    {
        var skip = new Option<bool>("--skip-waiting") { Description = "Leaves out what has waited, and goes on with what happens from now on." };
        return Verb("enable", "Goes on with what has waited.", (http, id, parsed, token) =>
            http.PostAsync($"/api/webhooks/{id}/enable?skipWaiting={(parsed.GetValue(skip) ? "true" : "false")}", null, token), skip);
    }

    private static Command Rotate()
    {
        var id = EndpointId();
        var overlap = new Option<double>("--overlap-hours") { Description = "How long the old secret signs too; 0 ends it now.", DefaultValueFactory = _ => 24 };
        return Calling(
            "rotate",
            "Makes a new secret and shows it, once.",
            [id, overlap],
            (http, parsed, token) => http.PostAsync(
                FormattableString.Invariant($"/api/webhooks/{Escaped(parsed, id)}/rotate?overlapHours={parsed.GetValue(overlap)}"), null, token),
            PrintWithSecret);
    }

    private static Command Test()
    {
        var id = EndpointId();
        return Calling(
            "test",
            "Sends a webhook.test now and shows what came of it.",
            [id],
            (http, parsed, token) => http.PostAsync($"/api/webhooks/{Escaped(parsed, id)}/test", null, token),
            answer => Console.WriteLine(
                $"{(answer.GetProperty("delivered").GetBoolean() ? "delivered" : "failed")}  {WebhookDeliveriesCommands.StatusOrError(answer)}  {answer.GetProperty("durationMs")} ms  {answer.GetProperty("answer").GetString()}"));
    }

    private static Command Verb(
        string name, string description, Func<HttpClient, string, ParseResult, CancellationToken, Task<HttpResponseMessage>> call, params ReadOnlySpan<Symbol> more)
    {
        var id = EndpointId();
        return Calling(name, description, [id, .. more], (http, parsed, token) => call(http, Escaped(parsed, id), parsed, token));
    }

    internal static string Escaped(ParseResult parsed, Argument<string> argument) => Uri.EscapeDataString(parsed.GetRequiredValue(argument));

    private static (Option<string?> Types, Option<string?> Machines, Option<string?> Description) Terms() => (
        new Option<string?>("--types") { Description = $"What it wants to hear of, separated by commas; left out, everything: {string.Join(", ", Pipeline.WebhookTypes.All)}.", HelpName = "TYPES" },
        new Option<string?>("--machines") { Description = "Machine ids, separated by commas; left out, all machines.", HelpName = "IDS" },
        new Option<string?>("--description") { Description = "For people.", HelpName = "TEXT" });

    private static string[]? Split(string? list) => list?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    // The secret alone goes to standard output, so that a script can take it.
    private static void PrintWithSecret(JsonElement answer)
    {
        Console.Error.WriteLine(Line(answer.GetProperty("endpoint")));
        Console.WriteLine(answer.GetProperty("secret").GetString());
    }

    private static void Print(JsonElement endpoint) => Console.WriteLine(Line(endpoint));

    private static string Line(JsonElement endpoint)
    {
        var types = string.Join(',', endpoint.GetProperty("types").EnumerateArray().Select(type => type.GetString()));
        var machines = endpoint.GetProperty("machines").GetArrayLength();
        var status = endpoint.GetProperty("status").GetString() + (endpoint.GetProperty("disabledFor").GetString() is { } reason ? $" ({reason})" : "");
        return $"{endpoint.GetProperty("id").GetString()}  {status,-18} {endpoint.GetProperty("url").GetString()}  {(types.Length > 0 ? types : "all")}  {(machines > 0 ? $"{machines} machines" : "all machines")}";
    }
}
