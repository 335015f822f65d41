using System.Collections;
using System.CommandLine;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor doctor</c>: what is wrong here, and what to do about it.</summary>
internal static class DoctorCommand
{
    internal static Command Create()
    {
        var data = DataFolder.Option();
        var urls = new Option<string>("--urls")
        {
            Description = "The addresses that the server is to listen on.",
            DefaultValueFactory = _ => ServeOptions.DefaultUrls,
            HelpName = "URLS",
        };
        var command = new Command("doctor", "Looks at everything a server needs: settings, ports, disk, store, keys, clock, and what is configured. Changes nothing, and works beside a running server. Exit code 1: something is broken.")
        {
            data,
            urls,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var checkup = new Checkup(Path.GetFullPath(parsed.GetRequiredValue(data)), parsed.GetRequiredValue(urls), Environment(), TimeProvider.System);
            var (doubtful, ill) = (0, 0);
            await foreach (var finding in checkup.RunAsync(cancellationToken))
            {
                Print(finding);
                doubtful += finding.Health == Health.Doubtful ? 1 : 0;
                ill += finding.Health == Health.Ill ? 1 : 0;
            }

            Console.WriteLine();
            Console.WriteLine((doubtful, ill) switch
            {
                (0, 0) => "All is well.",
                (_, 0) => $"It works; {doubtful} to look at.",
                _ => $"{ill} broken, {doubtful} to look at.",
            });
            return ill == 0 ? CommandLine.Done : CommandLine.Failed;
        });
        return command.WithExamples("""
            paymentmonitor doctor
            paymentmonitor doctor --data /var/lib/paymentmonitor --urls http://0.0.0.0:8080
            """);
    }

    private static void Print(Finding finding)
    {
        var mark = finding.Health switch
        {
            Health.Well => "ok     ",
            Health.Doubtful => "look at",
            _ => "BROKEN ",
        };
        Console.WriteLine($"{mark}  {finding.About,-18} {finding.Said}");
        if (finding.Remedy is { } remedy)
        {
            Console.WriteLine($"                            {remedy}");
        }
    }

    private static Dictionary<string, string> Environment()
    {
        return System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
    }
}
