using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor machines progress</c>: how far a machine's reports have come, and which of them are missing or lost.</summary>
internal static class MachineProgressCommand
{
    internal static Command Create()
    {
        var id = new Argument<string>("machine-id") { Description = $"{Contracts.MachineId.Rule}." };
        var connection = ServerConnection.Options();
        var command = new Command("progress", "Shows how far a machine's numbered reports have come, which are waited for, and which were given up.") { id };
        connection.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            await using var server = await ServerConnection.OpenAsync(parsed, connection, token);
            using var response = await server.Http.GetAsync($"/api/machines/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}/progress", token);
            using var answer = await ServerConnection.ReadAsync(response, token);
            if (answer is null)
            {
                return CommandLine.Failed;
            }

            foreach (var line in Lines(answer.RootElement))
            {
                Console.WriteLine(line);
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static IEnumerable<string> Lines(JsonElement progress)
    {
        yield return $"seen     boot {Text(progress, "boot")}, up to {Text(progress, "contiguous")}, last heard of {Text(progress, "lastSeenAt")}, clock {Skew(progress)}";
        foreach (var missing in progress.GetProperty("missing").EnumerateArray())
        {
            yield return $"missing  boot {Text(missing, "boot")}, {Range(missing)}, since {Text(missing, "since")}";
        }

        foreach (var lost in progress.GetProperty("lost").EnumerateArray())
        {
            yield return $"lost     boot {Text(lost, "boot")}, {Range(lost)}, given up {Text(lost, "at")}";
        }
    }

    private static string Range(JsonElement range) => $"{Text(range, "from")} to {Text(range, "to")}";

    private static string Skew(JsonElement progress)
    {
        return progress.GetProperty("clockSkewMs") is { ValueKind: JsonValueKind.Number } skew
            ? string.Create(CultureInfo.InvariantCulture, $"{skew.GetDouble():+0;-0;0} ms")
            : "unknown";
    }

    private static string Text(JsonElement parent, string name)
    {
        return parent.GetProperty(name) switch
        {
            { ValueKind: JsonValueKind.Null } => "unknown",
            { ValueKind: JsonValueKind.String } text => text.GetString()!,
            var other => other.GetRawText(),
        };
    }
}
