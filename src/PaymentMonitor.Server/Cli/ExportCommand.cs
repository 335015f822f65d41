using System.CommandLine;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor export</c>: everything consumed, as a history that <c>replay</c> reads.</summary>
internal static class ExportCommand
{
    internal static Command Create()
    {
        var data = DataFolder.Option();
        var file = new Argument<string>("file") { Description = "Where to write the history, one JSON object a line; - for standard output.", HelpName = "FILE.jsonl" };
        var command = new Command("export", "Writes everything that was consumed, in log order, the system's own events included. Works while a server runs.")
        {
            data,
            file,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = parsed.GetRequiredValue(file);
            await using var output = path == "-" ? Console.OpenStandardOutput() : File.Create(path);
            var count = await HistoryExport.WriteAsync(parsed.GetRequiredValue(data), output, cancellationToken);
            await Console.Error.WriteLineAsync($"{count:N0} events.");
            return CommandLine.Done;
        });
        return command.WithExamples("""
            paymentmonitor export history.jsonl
            paymentmonitor export - | paymentmonitor replay -
            """);
    }
}
