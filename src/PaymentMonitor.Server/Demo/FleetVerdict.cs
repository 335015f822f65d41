using PaymentMonitor.Simulator;

namespace PaymentMonitor.Server;

/// <summary>Runs a fleet to its verdict: shows it, writes the report, and gives the exit code.</summary>
internal static class FleetVerdict
{
    internal static async Task<int> RunAsync(Fleet fleet, StatementCheck? statement, FileInfo? json, CancellationToken cancellationToken)
    {
        FleetReport report;
        try
        {
            report = await FleetView.RunAsync(fleet, cancellationToken);
            report = statement is null ? report : await statement.CheckAsync(report);
        }
        catch (FleetException e)
        {
            await Console.Error.WriteLineAsync($"error: no-verdict: {e.Message}");
            return CommandLine.Failed;
        }

        FleetView.Print(report);
        if (json is not null)
        {
            await File.WriteAllTextAsync(json.FullName, report.ToJson(), CancellationToken.None);
        }

        return report.Passed ? CommandLine.Done : CommandLine.Failed;
    }
}
