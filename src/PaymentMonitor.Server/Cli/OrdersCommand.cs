using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor orders</c>: where orders stand, and a person's last word on those that wait for one.</summary>
internal static class OrdersCommand
{
    internal static Command Create()
    {
        return new Command("orders", "The orders: look at them, and end those that wait for a person.")
        {
            Show(),
            List(),
            Resolve(),
        }.WithExamples("""
            paymentmonitor orders list --status Unresolved
            paymentmonitor orders show m-17 a3f1
            paymentmonitor orders resolve m-17 a3f1 --outcome refunded --reason "Paid back in cash, receipt 4711"
            """);
    }

    private static Command Show()
    {
        var (machine, order) = Names();
        var connection = ServerConnection.Options();
        var command = new Command("show", "One order with its events and decisions, as JSON.") { machine, order };
        connection.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            await using var server = await ServerConnection.OpenAsync(parsed, connection, token);
            using var response = await server.Http.GetAsync(Path(parsed, machine, order), token);
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

    private static Command List()
    {
        var status = new Option<string?>("--status") { Description = $"Where they stand: {string.Join(", ", Enum.GetNames<OrderStatus>())}.", HelpName = "STATUS" };
        var machine = new Option<string?>("--machine") { Description = "Of this machine.", HelpName = "ID" };
        var payment = new Option<string?>("--payment") { Description = "With this payment id.", HelpName = "ID" };
        var reference = new Option<string?>("--ref") { Description = "With this payment reference.", HelpName = "REF" };
        var from = new Option<DateTimeOffset?>("--from") { Description = "First heard of at or after.", HelpName = "TIME" };
        var to = new Option<DateTimeOffset?>("--to") { Description = "First heard of before.", HelpName = "TIME" };
        var limit = new Option<int>("--limit") { Description = "At most so many.", DefaultValueFactory = _ => 100 };
        var connection = ServerConnection.Options();
        var command = new Command("list", "Orders that match every given condition, newest first.") { status, machine, payment, reference, from, to, limit };
        connection.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            await using var server = await ServerConnection.OpenAsync(parsed, connection, token);
            var query = new QueryText()
                .With("status", parsed.GetValue(status))
                .With("machineId", parsed.GetValue(machine))
                .With("paymentId", parsed.GetValue(payment))
                .With("paymentRef", parsed.GetValue(reference))
                .With("from", parsed.GetValue(from))
                .With("to", parsed.GetValue(to));
            return await server.PrintPagesAsync("/api/orders", query, parsed.GetValue(limit), Line, token);
        });
        return command;
    }

    private static Command Resolve()
    {
        var (machine, order) = Names();
        var outcome = new Option<string>("--outcome") { Description = "What became of it: completed (goods and money are settled), closed (no money was kept) or refunded.", Required = true };
        outcome.AcceptOnlyFromAmong([.. OrderResolution.Outcomes]);
        var reason = new Option<string>("--reason") { Description = "Why, for whoever asks later.", Required = true, HelpName = "TEXT" };
        var connection = ServerConnection.Options();
        var command = new Command("resolve", "Ends an order that is Unresolved. Money or goods heard of later open it again.") { machine, order, outcome, reason };
        connection.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            await using var server = await ServerConnection.OpenAsync(parsed, connection, token);
            var request = new { outcome = parsed.GetValue(outcome), reason = parsed.GetValue(reason) };
            using var response = await server.Http.PostAsJsonAsync($"{Path(parsed, machine, order)}/resolve", request, token);
            using var answer = await ServerConnection.ReadAsync(response, token);
            if (answer is null)
            {
                return CommandLine.Failed;
            }

            Console.WriteLine(Line(answer.RootElement));
            return CommandLine.Done;
        });
        return command;
    }

    private static string Line(JsonElement order)
    {
        var created = order.GetProperty("createdAt").ValueKind is JsonValueKind.Null ? "" : order.GetProperty("createdAt").GetDateTimeOffset().ToString("u", CultureInfo.InvariantCulture);
        var last = order.GetProperty("decisions").EnumerateArray().LastOrDefault();
        var decision = last.ValueKind is JsonValueKind.Object ? $"{last.GetProperty("kind").GetString()} ({last.GetProperty("reason").GetString()})" : "";
        return $"{order.GetProperty("machineId").GetString(),-20} {order.GetProperty("orderId").GetString(),-36} {order.GetProperty("status").GetString(),-16} {created,-20} {decision}".TrimEnd();
    }

    private static (Argument<string> Machine, Argument<string> Order) Names()
    {
        return (new Argument<string>("machine-id") { Description = "Whose order it is." }, new Argument<string>("order-id") { Description = "The order." });
    }

    private static string Path(ParseResult parsed, Argument<string> machine, Argument<string> order)
    {
        return $"/api/orders/{Uri.EscapeDataString(parsed.GetRequiredValue(machine))}/{Uri.EscapeDataString(parsed.GetRequiredValue(order))}";
    }
}
