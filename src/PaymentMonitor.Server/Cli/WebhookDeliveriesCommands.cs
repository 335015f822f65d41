using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace PaymentMonitor.Server;

/// <summary>What was delivered to an endpoint, and having it sent again.</summary>
internal static class WebhookDeliveriesCommands
{
    internal static Command Log()
    {
        var id = WebhooksCommand.EndpointId();
        var machine = new Option<string?>("--machine") { Description = "Only orders of this machine.", HelpName = "ID" };
        var order = new Option<string?>("--order") { Description = "Only this order; needs --machine.", HelpName = "ID" };
        var outcome = new Option<string?>("--outcome") { Description = "Only delivered, failed or parked attempts.", HelpName = "OUTCOME" };
        outcome.AcceptOnlyFromAmong("delivered", "failed", "parked");
        var limit = new Option<int>("--limit") { Description = "The newest so many: 1 to 1,000.", DefaultValueFactory = _ => 50 };
        return WebhooksCommand.Calling(
            "log",
            "Shows attempts to deliver, newest first.",
            [id, machine, order, outcome, limit],
            (http, parsed, token) => http.GetAsync(
                $"/api/webhooks/{WebhooksCommand.Escaped(parsed, id)}/deliveries?limit={parsed.GetValue(limit).ToString(CultureInfo.InvariantCulture)}"
                    + Parameter("machineId", parsed.GetValue(machine)) + Parameter("orderId", parsed.GetValue(order)) + Parameter("outcome", parsed.GetValue(outcome)),
                token),
            page =>
            {
                foreach (var attempt in page.GetProperty("items").EnumerateArray())
                {
                    Console.WriteLine(Line(attempt));
                }
            });
    }

    internal static Command Stats()
    {
        var id = WebhooksCommand.EndpointId();
        var since = Since("Counts from this moment on; a day ago unless given.");
        return WebhooksCommand.Calling(
            "stats",
            "Counts what became of the deliveries.",
            [id, since],
            (http, parsed, token) => http.GetAsync(
                $"/api/webhooks/{WebhooksCommand.Escaped(parsed, id)}/statistics?" + Parameter("since", parsed.GetValue(since)?.ToString("o", CultureInfo.InvariantCulture)), token),
            answer =>
            {
                foreach (var field in answer.EnumerateObject())
                {
                    Console.WriteLine($"{field.Name,-16} {field.Value}");
                }
            });
    }

    internal static Command Resend()
    {
        var id = WebhooksCommand.EndpointId();
        var machine = new Argument<string>("machine-id") { Description = $"{Contracts.MachineId.Rule}." };
        var order = new Argument<string>("order-id") { Description = $"{Contracts.OrderId.Rule}." };
        var notice = new Argument<int>("notice") { Description = "The number of the notice in its order, as the log shows it." };
        return WebhooksCommand.Calling(
            "resend",
            "Sends one notice again.",
            [id, machine, order, notice],
            (http, parsed, token) => http.PostAsJsonAsync(
                $"/api/webhooks/{WebhooksCommand.Escaped(parsed, id)}/resend",
                new { machineId = parsed.GetRequiredValue(machine), orderId = parsed.GetRequiredValue(order), notice = parsed.GetRequiredValue(notice) },
                token));
    }

    internal static Command Recover()
    {
        var id = WebhooksCommand.EndpointId();
        var since = Since("Notices written from this moment on.");
        since.Required = true;
        var all = new Option<bool>("--all") { Description = "Everything, also what was delivered; left out, only what was parked." };
        return WebhooksCommand.Calling(
            "recover",
            "Sends again what was parked since a moment, or everything since then.",
            [id, since, all],
            (http, parsed, token) => http.PostAsJsonAsync(
                $"/api/webhooks/{WebhooksCommand.Escaped(parsed, id)}/recover", new { since = parsed.GetRequiredValue(since), all = parsed.GetValue(all) }, token),
            answer => Console.WriteLine($"{answer.GetProperty("orders")} orders"));
    }

    internal static string StatusOrError(JsonElement attempt) =>
        attempt.GetProperty("error").GetString() ?? attempt.GetProperty("status").ToString();

    private static string Line(JsonElement attempt)
    {
        var next = attempt.GetProperty("nextAt") is { ValueKind: JsonValueKind.String } at ? $"  again {at.GetDateTimeOffset():u}" : "";
        return $"{attempt.GetProperty("time").GetDateTimeOffset():u}  {attempt.GetProperty("outcome").GetString(),-9}  {StatusOrError(attempt),-17}"
            + $"  {attempt.GetProperty("durationMs"),5} ms  #{attempt.GetProperty("attempt")}  {attempt.GetProperty("webhookId").GetString()}"
            + $"  {attempt.GetProperty("type").GetString()}{next}  {attempt.GetProperty("answer").GetString()}";
    }

    private static Option<DateTimeOffset?> Since(string description) => new("--since")
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result =>
        {
            if (DateTimeOffset.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            {
                return time;
            }

            result.AddError("--since must be a time, such as 2026-11-23T12:00Z.");
            return null;
        },
    };

    private static string Parameter(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";
}
