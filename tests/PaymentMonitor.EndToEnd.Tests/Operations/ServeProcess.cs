using System.Diagnostics;
using System.Text.RegularExpressions;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Tests.Server;

namespace PaymentMonitor.EndToEnd.Tests.Operations;

/// <summary>
/// A server in a process of its own, with demo credentials. OpenTelemetry listens to all meters of a process, so what is exported can be
/// looked at only where no other server runs.
/// </summary>
internal sealed partial class ServeProcess : IAsyncDisposable
{
    /// <summary>Only a guard against hanging: nothing is measured by it.</summary>
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly Task<string> _log;

    private ServeProcess(Process process, DirectoryInfo folder)
    {
        (_process, _folder) = (process, folder);
        _log = process.StandardError.ReadToEndAsync();
    }

    internal Uri Address { get; private set; } = null!;

    internal string OperatorKey { get; private set; } = "";

    internal static async Task<ServeProcess> StartAsync(IReadOnlyDictionary<string, string>? environment = null)
    {
        var folder = Directory.CreateTempSubdirectory("paymentmonitor-tests-");
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "paymentmonitor.exe" : "paymentmonitor"),
            ["serve", "--data", folder.FullName, "--urls", "http://127.0.0.1:0", "--demo-credentials", "--log-format", "json"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var server = new ServeProcess(Process.Start(start)!, folder);
        await server.ReadBannerAsync();
        return server;
    }

    internal async Task<TestMachine> ConnectAsync(string machineId)
    {
        var machine = new TestMachine(new MachineClientOptions { Endpoint = Address, MachineId = MachineId.Parse(machineId), Secret = DemoMachines.Secret, Journal = MachineJournal.InMemory() });
        await machine.Client.ConnectAsync(TestContext.Current.CancellationToken).WaitAsync(Guard);
        return machine;
    }

    /// <summary>Ends it without giving it a moment, and gives what it logged.</summary>
    internal async Task<string[]> KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        return (await _log).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task ReadBannerAsync()
    {
        using var guard = new CancellationTokenSource(Guard);
        var said = "";
        while (!Listening().IsMatch(said) && await _process.StandardOutput.ReadLineAsync(guard.Token) is { } line)
        {
            said += line + "\n";
        }

        Assert.True(Listening().IsMatch(said), said);
        OperatorKey = Key().Match(said).Value;
        Address = new Uri(Listening().Match(said).Groups[1].Value);
    }

    [GeneratedRegex(@"Listening\D+(http://127\.0\.0\.1:\d+)")]
    private static partial Regex Listening();

    [GeneratedRegex(@"pm_operator_\w+")]
    private static partial Regex Key();
}
