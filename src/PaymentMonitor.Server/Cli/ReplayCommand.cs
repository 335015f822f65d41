using System.CommandLine;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor replay</c>: what the rules make of a recorded history.</summary>
internal static class ReplayCommand
{
    internal static Command Create()
    {
        var file = new Argument<string>("file") { Description = "The history, one JSON object a line; - for standard input.", HelpName = "FILE.jsonl" };
        var json = new Option<FileInfo?>("--json") { Description = "Writes the report to this file instead of standard output.", HelpName = "FILE" };
        var command = new Command("replay", "Runs a recorded history through the rules, without any I/O: which orders there are, what was decided and why, and what was set aside.")
        {
            file,
            json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = parsed.GetRequiredValue(file);
            if (path != "-" && !File.Exists(path))
            {
                throw new StartupException("no-file", $"There is no file '{path}'.");
            }

            var report = Replay.Run(path == "-" ? StandardInput() : File.ReadLines(path), OrderOptions.Default).ToJson();
            if (parsed.GetValue(json) is { } output)
            {
                await File.WriteAllTextAsync(output.FullName, report, cancellationToken);
            }
            else
            {
                Console.WriteLine(report);
            }

            return CommandLine.Done;
        });
        return command.WithExamples("""
            paymentmonitor replay history.jsonl
            paymentmonitor export - | paymentmonitor replay - --json report.json

            A line is {"receivedAt","source":"machine"|"provider"|"system","machineId","event":{...}} or {"advanceTo"}.
            A first line {"timers":"recorded"} switches the replay's own timers off.
            """);
    }

    private static IEnumerable<string> StandardInput()
    {
        while (Console.In.ReadLine() is { } line)
        {
            yield return line;
        }
    }
}
