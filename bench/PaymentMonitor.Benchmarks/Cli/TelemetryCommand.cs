using System.CommandLine;
using System.Globalization;
using PaymentMonitor.Benchmarks.Scenarios;

namespace PaymentMonitor.Benchmarks.Cli;

/// <summary>What telemetry costs.</summary>
internal static class TelemetryCommand
{
    internal static Command Create()
    {
        var machines = new Option<int>("--machines") { Description = "Machines, each on its own WebSocket.", DefaultValueFactory = _ => 2000 };
        var seconds = new Option<int>("--seconds") { Description = "How long each run is measured.", DefaultValueFactory = _ => 10 };
        var repeats = new Option<int>("--repeats") { Description = "Pairs of runs; the medians count.", DefaultValueFactory = _ => 5 };
        var command = new Command("telemetry", "A saturated server with all telemetry on (scraped each second, OTLP, sampled traces, JSON logs) and with none, by turns, and the ratio.") { machines, seconds, repeats };
        command.SetAction(async (parsed, token) =>
        {
            var result = await TelemetryCost.RunAsync(parsed.GetValue(machines), TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(repeats), Console.Out, token);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"on {result.On:N0}, off {result.Off:N0} events/s: {100 * result.Ratio:F1} % of the throughput stays with all telemetry on"));
        });
        return command;
    }
}
