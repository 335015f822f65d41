using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace PaymentMonitor.Benchmarks.Servers;

/// <summary>A server in its own process, on a free port of the loopback address, stopped with this object.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Queue<string> _lastLines = new();

    private ServerProcess(Process process, IPEndPoint endPoint)
    {
        _process = process;
        EndPoint = endPoint;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    internal IPEndPoint EndPoint { get; }

    internal int Id => _process.Id;

    internal long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts a program and waits until it accepts connections.</summary>
    /// <param name="arguments">Its arguments, given the port that it shall listen on.</param>
    /// <param name="environment">Variables beside those of this process.</param>
    /// <exception cref="IOException">It ended or did not listen in time; the message carries its last lines.</exception>
    internal static async Task<ServerProcess> StartAsync(string file, Func<int, IEnumerable<string>> arguments, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment = null)
    {
        var endPoint = new IPEndPoint(IPAddress.Loopback, FreePort());
        var start = new ProcessStartInfo(file, arguments(endPoint.Port))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var server = new ServerProcess(Process.Start(start)!, endPoint);
        var clock = Stopwatch.StartNew();
        while (!await AcceptsAsync(endPoint, cancellationToken))
        {
            if (server._process.HasExited || clock.Elapsed > StartsWithin)
            {
                await server.DisposeAsync();
                throw new IOException($"'{file}' does not listen on {endPoint}. Its last lines:\n{server.LastLines()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken);
        }

        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    internal string LastLines()
    {
        lock (_lastLines)
        {
            return string.Join('\n', _lastLines);
        }
    }

    private static async Task<bool> AcceptsAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        using var probe = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await probe.ConnectAsync(endPoint, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Keep(string? line)
    {
        lock (_lastLines)
        {
            if (line is not null)
            {
                _lastLines.Enqueue(line);
            }

            if (_lastLines.Count > 20)
            {
                _ = _lastLines.Dequeue();
            }
        }
    }
}
