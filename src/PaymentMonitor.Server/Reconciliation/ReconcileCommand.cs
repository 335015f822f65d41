using System.CommandLine;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor reconcile</c>: a payment provider's statement against the orders.</summary>
internal static class ReconcileCommand
{
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(15);

    internal static Command Create()
    {
        var file = new Argument<string>("statement") { Description = "CSV with the columns type (payment or refund), time, paymentId, amount (minor units), currency, and, where known, paymentRef and refundId; - for standard input.", HelpName = "STATEMENT.csv" };
        var from = Moment("--from", "The statement has everything from this moment on; left out, from its first line.");
        var to = Moment("--to", "And until before this one; left out, to its last line.");
        var settled = Moment("--settled-before", "What is younger may still be under way and is not judged; left out, 15 minutes ago.");
        var json = new Option<FileInfo?>("--json") { Description = "Writes the report to this file, too.", HelpName = "FILE" };
        var connection = ServerConnection.Options();
        var command = new Command("reconcile", "Compares a payment provider's statement with orders and refunds, lists every difference by kind, and puts them onto the operations page, if the key is an operator's or an integrator's. The exit code is 1 if there is one.")
        {
            file,
            from,
            to,
            settled,
            json,
        };
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var statement = await ReadAsync(parsed.GetRequiredValue(file), cancellationToken);
            var first = parsed.GetValue(from) ?? Edge(statement, lines => lines.Min(line => line.Time));
            var last = parsed.GetValue(to) ?? Edge(statement, lines => lines.Max(line => line.Time)) + TimeSpan.FromTicks(1);
            await using var server = await ServerConnection.OpenAsync(parsed, connection, cancellationToken);
            try
            {
                var orders = await RecordedOrders.ReadAsync(server.Http, statement, first, last, ShowProgress(), cancellationToken);
                var report = Reconciliation.Of(statement, orders, first, last, parsed.GetValue(settled) ?? TimeProvider.System.GetUtcNow() - Settling);
                Print(report);
                await TellAsync(server.Http, report, cancellationToken);
                if (parsed.GetValue(json) is { } output)
                {
                    await File.WriteAllTextAsync(output.FullName, report.ToJson(), cancellationToken);
                }

                return report.Differences.Count == 0 ? CommandLine.Done : CommandLine.Failed;
            }
            catch (StatementException e)
            {
                await Console.Error.WriteLineAsync($"error: {e.Message}");
                return CommandLine.Failed;
            }
        });
        return command.WithExamples("""
            paymentmonitor reconcile statement.csv
            paymentmonitor reconcile statement.csv --from 2026-11-24T00:00:00Z --to 2026-11-25T00:00:00Z --json report.json
            curl -s https://psp.example.com/statement.csv | paymentmonitor reconcile - --url https://pay.example.com
            """);
    }

    // The operations page shows what was found until somebody has seen to it. Whoever may only read may compare all the same.
    private static async Task TellAsync(HttpClient http, ReconciliationReport report, CancellationToken cancellationToken)
    {
        using var answer = await http.PutAsJsonAsync(ReconciliationApi.Path[1..], report, ServerJson.Default.ReconciliationReport, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            await Console.Error.WriteLineAsync($"note: the operations page does not show this: {await ServerConnection.RefusalAsync(answer, cancellationToken)}");
        }
    }

    internal static void Print(ReconciliationReport report)
    {
        Console.WriteLine($"{report.Payments:N0} payments and {report.Refunds:N0} refunds compared; {report.Unsettled:N0} lines too young to be judged.");
        foreach (var kind in report.Differences.GroupBy(difference => difference.Kind).OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            Console.WriteLine($"{kind.Key}: {kind.Count():N0}");
            foreach (var difference in kind)
            {
                Console.WriteLine($"  {(difference.Order is { } order ? order + ": " : "")}{difference.Sentence}");
            }
        }

        Console.WriteLine(report.Differences.Count == 0 ? "No difference." : $"{report.Differences.Count:N0} differences.");
    }

    private static async Task<List<StatementLine>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (path != "-" && !File.Exists(path))
        {
            throw new StartupException("no-file", $"There is no file '{path}'.");
        }

        try
        {
            using var text = new StringReader(path == "-" ? await Console.In.ReadToEndAsync(cancellationToken) : await File.ReadAllTextAsync(path, cancellationToken));
            return StatementFile.Read(text);
        }
        catch (StatementException e)
        {
            throw new StartupException("wrong-statement", e.Message, e);
        }
    }

    private static DateTimeOffset Edge(List<StatementLine> statement, Func<List<StatementLine>, DateTimeOffset> edge)
    {
        return statement.Count > 0 ? edge(statement) : throw new StartupException("empty-statement", "The statement has no lines: name the period that it covers with --from and --to.");
    }

    private static Action<int> ShowProgress()
    {
        var shown = TimeProvider.System.GetTimestamp();
        return count =>
        {
            if (TimeProvider.System.GetElapsedTime(shown) > TimeSpan.FromSeconds(2))
            {
                shown = TimeProvider.System.GetTimestamp();
                Console.Error.WriteLine($"{count:N0} orders read...");
            }
        };
    }

    private static Option<DateTimeOffset?> Moment(string name, string description) => new(name) { Description = description, HelpName = "TIME" };
}
