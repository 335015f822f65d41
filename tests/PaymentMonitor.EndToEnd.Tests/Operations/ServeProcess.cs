using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;
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

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("paymentmonitor-tests-");
    private Process? _process;
    private Task<string> _log = Task.FromResult("");

    internal string Folder => _folder.FullName;

    internal int ProcessId => _process!.Id;

    internal Uri Address { get; private set; } = null!;

    internal string OperatorKey { get; private set; } = "";

    /// <param name="prepare">Runs on the empty data folder before the server does.</param>
    internal static async Task<ServeProcess> StartAsync(IReadOnlyDictionary<string, string>? environment = null, Action<string>? prepare = null, params string[] arguments)
    {
        var server = new ServeProcess();
        prepare?.Invoke(server.Folder);
        await server.StartAgainAsync(environment, arguments);
        return server;
    }

    /// <summary>Starts on the same folder once more.</summary>
    internal async Task StartAgainAsync(IReadOnlyDictionary<string, string>? environment = null, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "paymentmonitor.exe" : "paymentmonitor"),
            ["serve", "--data", Folder, "--urls", "http://127.0.0.1:0", "--demo-credentials", "--log-format", "json", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _log = _process.StandardError.ReadToEndAsync();
        await ReadBannerAsync();
    }

    /// <summary>Calls the API as its operator.</summary>
    internal HttpClient Client() => new() { BaseAddress = Address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", OperatorKey) } };

    /// <summary>Asks for a metric until it is as expected: the sum over its series.</summary>
    /// <param name="series">Begins a line of /metrics: a name, or a name with its first labels.</param>
    internal async Task<double> MetricAsync(string series, Predicate<double> isSo)
    {
        using var http = Client();
        using var guard = new CancellationTokenSource(Guard);
        var since = Stopwatch.StartNew();
        while (true)
        {
            var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), guard.Token);
            var sum = metrics.Split('\n').Where(line => line.StartsWith(series, StringComparison.Ordinal)).Sum(Value);
            if (isSo(sum))
            {
                Say($"{series} was as expected after {since.Elapsed.TotalSeconds:F1} s.");
                return sum;
            }

            Assert.False(guard.IsCancellationRequested, $"{series} stayed at {sum}.");
            await Task.Delay(50);
        }
    }

    /// <summary>Reads the live feed until it is as expected.</summary>
    internal async Task FeedAsync(Predicate<JsonElement> isSo)
    {
        using var http = Client();
        using var guard = new CancellationTokenSource(Guard);
        var since = Stopwatch.StartNew();
        while (true)
        {
            using var message = await OperationsClient.ReadAsync(http, guard.Token);
            if (isSo(message!.RootElement))
            {
                Say($"The live feed was as expected after {since.Elapsed.TotalSeconds:F1} s.");
                return;
            }

            Assert.False(guard.IsCancellationRequested, $"The feed stayed as it is: {message.RootElement}");
        }
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
        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        return (await _log).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process!.Dispose();
        _folder.Delete(recursive: true);
    }

    // For whoever wants to know how soon a fault shows; a test of it would be one of the machine it runs on.
    private static void Say(string sentence) => TestContext.Current.TestOutputHelper?.WriteLine(sentence);

    // name{labels} value time; the labels and the time may be missing.
    private static double Value(string line)
    {
        var behind = line[(line.LastIndexOf('}') is var end and >= 0 ? end + 1 : line.IndexOf(' ', StringComparison.Ordinal))..];
        return double.Parse(behind.Trim().Split(' ')[0], CultureInfo.InvariantCulture);
    }

    private async Task ReadBannerAsync()
    {
        using var guard = new CancellationTokenSource(Guard);
        var said = "";
        while (!Listening().IsMatch(said) && await _process!.StandardOutput.ReadLineAsync(guard.Token) is { } line)
        {
            said += line + "\n";
        }

        Assert.True(Listening().IsMatch(said), said);
        OperatorKey = Key().Match(said) is { Success: true } key ? key.Value : OperatorKey;
        Address = new Uri(Listening().Match(said).Groups[1].Value);
    }

    [GeneratedRegex(@"Listening\D+(http://127\.0\.0\.1:\d+)")]
    private static partial Regex Listening();

    [GeneratedRegex(@"pm_operator_\w+")]
    private static partial Regex Key();
}
