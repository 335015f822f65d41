using System.Diagnostics;
using System.Reflection;

namespace PaymentMonitor.Server;

/// <summary>
/// This program, started once more with another command. It ends when its standard input ends, so a parent that is killed leaves
/// nothing behind.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    /// <summary>What a child is told, so that it watches its standard input.</summary>
    internal const string EndsWithInput = "PAYMENTMONITOR_ENDS_WITH_INPUT";

    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly string _name;

    private ChildProcess(Process process, string name, Uri address)
    {
        _process = process;
        _name = name;
        Address = address;
    }

    /// <summary>Where the child listens.</summary>
    internal Uri Address { get; }

    internal int Id => _process.Id;

    internal bool HasExited => _process.HasExited;

    /// <summary>Starts a command that listens, and waits until it does.</summary>
    internal static async Task<ChildProcess> StartAsync(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var name = arguments[0];
        var process = Process.Start(StartInfo(arguments, environment)) ?? throw new StartupException("no-child", $"The process '{name}' could not be started.");
        var address = await ReadAddressAsync(process, cancellationToken);
        if (address is null)
        {
            var error = await process.StandardError.ReadToEndAsync(cancellationToken);
            process.Dispose();
            throw new StartupException("no-child", $"The process '{name}' did not start: {error.Trim()}");
        }

        // Pipes that nobody reads would stop the child when they are full.
        _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        _ = process.StandardError.BaseStream.CopyToAsync(Console.OpenStandardError(), CancellationToken.None);
        return new ChildProcess(process, name, address);
    }

    /// <summary>Ends a child by its standard input when the parent that set <see cref="EndsWithInput"/> is gone.</summary>
    internal static void EndWithInput(IHostApplicationLifetime lifetime)
    {
        if (Environment.GetEnvironmentVariable(EndsWithInput) is null)
        {
            return;
        }

        _ = Task.Run(async () =>
        {
            await Console.In.ReadToEndAsync();
            lifetime.StopApplication();
        });
    }

    /// <summary>As a power cut would: nothing is flushed, nobody is told.</summary>
    internal async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            using var patience = new CancellationTokenSource(GracePeriod);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                await Console.Error.WriteLineAsync($"The process '{_name}' did not end within {GracePeriod.TotalSeconds} s and was killed.");
                await KillAsync();
            }
        }

        _process.Dispose();
    }

    private static async Task<Uri?> ReadAddressAsync(Process process, CancellationToken cancellationToken)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith(Listening.Prefix, StringComparison.Ordinal) && Uri.TryCreate(line[Listening.Prefix.Length..].Trim(), UriKind.Absolute, out var address))
            {
                return address;
            }
        }

        return null;
    }

    private static ProcessStartInfo StartInfo(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        // Under 'dotnet paymentmonitor.dll' the running file is the host, and the program is its first argument.
        var self = Environment.ProcessPath ?? throw new StartupException("no-child", "The path of this program is not known.");
        var isHost = Path.GetFileNameWithoutExtension(self).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        var start = new ProcessStartInfo(self) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        if (isHost)
        {
            start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[EndsWithInput] = "1";
        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        return start;
    }
}

/// <summary>The line by which a command that listens says that it is ready, for people and for programs.</summary>
internal static class Listening
{
    internal const string Prefix = "Listening on ";

    internal static void Print(Uri address) => Console.WriteLine(Prefix + address);
}
