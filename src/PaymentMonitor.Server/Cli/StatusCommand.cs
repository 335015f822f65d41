using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor status</c>: whether the fleet is served, in a few lines, as the operations page has it.</summary>
internal static class StatusCommand
{
    internal static Command Create()
    {
        var connection = ServerConnection.Options();
        var json = new Option<bool>("--json") { Description = "Writes the feed's message as it came, for programs." };
        var command = new Command("status", "Shows in three seconds how a server and its fleet are doing. Any key's role will do. Exit code 1: the server is not healthy.") { json };
        connection.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            if (parsed.GetValue(connection.Url) is null && RunningServer.Find(parsed.GetRequiredValue(connection.Data)) is null)
            {
                throw new StartupException("no-server", $"No server runs on the data folder '{parsed.GetRequiredValue(connection.Data)}'; name it with --data, or the server with --url and --api-key.");
            }

            await using var server = await ServerConnection.OpenAsync(parsed, connection, token);
            using var message = await OperationsClient.ReadAsync(server.Http, token);
            if (message is null)
            {
                return CommandLine.Failed;
            }

            Console.WriteLine(parsed.GetValue(json) ? message.RootElement.GetRawText() : Text(message.RootElement));
            return message.RootElement.GetProperty("server").GetProperty("health").GetString() == "healthy" ? CommandLine.Done : CommandLine.Failed;
        });
        return command.WithExamples("""
            paymentmonitor status
            PAYMENTMONITOR_API_KEY=pm_reader_... paymentmonitor status --url https://pay.example.com
            paymentmonitor status --json | jq .attention
            """);
    }

    /// <param name="message">A message of the feed, as docs/operations-feed.md has it.</param>
    internal static string Text(JsonElement message)
    {
        var (server, machines, activity, attention) = (message.GetProperty("server"), message.GetProperty("machines"), message.GetProperty("activity"), message.GetProperty("attention"));
        var seconds = Math.Max(0.001, activity.GetProperty("seconds").GetDouble());
        var queue = message.GetProperty("queue");
        return string.Create(CultureInfo.InvariantCulture, $"""
            server     {server.GetProperty("health").GetString()}, version {server.GetProperty("version").GetString()}, up {TimeSpan.FromSeconds(server.GetProperty("uptimeSeconds").GetInt64())}
            machines   {Count(machines, "connected"):N0} of {Count(machines, "total"):N0} connected, {Count(machines, "silent"):N0} silent, {Count(machines, "trouble"):N0} in trouble
            events     {Count(activity, "events") / seconds:N0} a second, {Count(activity, "receipts") / seconds:N0} receipts, {Counts(activity.GetProperty("decisions")).Sum(pair => pair.Count) / seconds:N0} decisions
            latency    {Latency(message, "receipt")}; {Latency(message, "decision")}
            open       {List(message.GetProperty("orders").GetProperty("open"))}
            ended      {List(message.GetProperty("orders").GetProperty("ended"))}, since the start
            queue      {Count(queue, "waiting"):N0} of {Count(queue, "capacity"):N0}
            for you    {Todo(attention)}
            """);
    }

    private static string Todo(JsonElement attention)
    {
        var waiting = Counts(attention).Where(pair => pair.Count > 0).Select(pair => $"{pair.Count} {Words(pair.Name)}").ToList();
        return waiting.Count == 0 ? "nothing" : string.Join(", ", waiting);
    }

    private static string Latency(JsonElement message, string what)
    {
        var percentiles = message.GetProperty("latencyMs").GetProperty(what);
        return Count(percentiles, "count") == 0
            ? $"no {what}s"
            : string.Create(CultureInfo.InvariantCulture, $"{what} p50 {percentiles.GetProperty("p50").GetDouble():0.0} ms, p99 {percentiles.GetProperty("p99").GetDouble():0.0} ms");
    }

    private static string List(JsonElement counts) => string.Join(", ", Counts(counts).Select(pair => string.Create(CultureInfo.InvariantCulture, $"{Words(pair.Name)} {pair.Count:N0}")));

    private static IEnumerable<(string Name, long Count)> Counts(JsonElement counts) => counts.EnumerateObject().Select(count => (count.Name, count.Value.GetInt64()));

    private static long Count(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    private static string Words(string camelCase) => string.Concat(camelCase.Select(letter => char.IsAsciiLetterUpper(letter) ? $" {char.ToLowerInvariant(letter)}" : $"{letter}"));
}
