using System.Diagnostics;
using System.Globalization;
using PaymentMonitor.Server;

namespace PaymentMonitor.EndToEnd.Tests.Server;

/// <summary><c>paymentmonitor serve</c> on one data folder and one port, which can be killed and started again.</summary>
internal sealed class KillableServer : IDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-killed-").FullName;
    private Process? _process;

    internal KillableServer() => ApiKey = ApiKeyFile.Open(_folder, TimeProvider.System).Add("test", Roles.Operator);

    internal string ApiKey { get; }

    internal Uri Address { get; private set; } = new("http://127.0.0.1:0");

    /// <summary>Starts and waits until it listens: the first time on a free port, then on the same one.</summary>
    internal async Task StartAsync()
    {
        var path = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "paymentmonitor.exe" : "paymentmonitor");
        var url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Math.Max(Address.Port, 0)}");
        _process = Process.Start(new ProcessStartInfo(path, ["serve", "--urls", url, "--data", _folder, "--demo-credentials"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var guard = new CancellationTokenSource(Guard);
        while (await _process.StandardOutput.ReadLineAsync(guard.Token) is { } line)
        {
            if (line.StartsWith(Listening.Prefix, StringComparison.Ordinal))
            {
                Address = new Uri(line[Listening.Prefix.Length..].Trim());

                // Pipes that nobody reads would stop it when they are full.
                _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
                _ = _process.StandardError.BaseStream.CopyToAsync(Stream.Null);
                return;
            }
        }

        Assert.Fail($"The server did not start: {await _process.StandardError.ReadToEndAsync()}");
    }

    /// <summary>As a power cut would: nothing is flushed, nobody is told.</summary>
    internal void Kill()
    {
        if (_process is { } process)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
            _process = null;
        }
    }

    public void Dispose()
    {
        Kill();
        Directory.Delete(_folder, recursive: true);
    }
}
