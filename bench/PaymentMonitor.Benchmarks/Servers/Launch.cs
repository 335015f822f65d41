using PaymentMonitor.Benchmarks.Targets;

namespace PaymentMonitor.Benchmarks.Servers;

/// <summary>Starts the servers that are compared, by name.</summary>
internal static class Launch
{
    internal static readonly IReadOnlyList<string> Names = ["echo", "ours"];

    internal static Task<ServerUnderTest> StartAsync(string name, CancellationToken cancellationToken) => name switch
    {
        "echo" => EchoAsync(cancellationToken),
        "ours" => OursAsync(cancellationToken),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, $"Servers are {string.Join(", ", Names)}."),
    };

    private static async Task<ServerUnderTest> EchoAsync(CancellationToken cancellationToken)
    {
        return new(await ServerProcess.StartAsync(Environment.ProcessPath!, port => ["echo", "--urls", Url(port)], cancellationToken), new EchoTarget());
    }

    private static async Task<ServerUnderTest> OursAsync(CancellationToken cancellationToken)
    {
        var data = new TemporaryFolder();
        var process = await ServerProcess.StartAsync(
            OurServer(), port => ["serve", "--demo-credentials", "--data", data.Path, "--urls", Url(port)], cancellationToken);
        var http = new HttpClient { BaseAddress = new Uri(Url(process.EndPoint.Port)) };
        return new(process, new OursTarget(http), data, new Released(http));
    }

    /// <summary>The server of the same build: same configuration, same framework, beside us in the source tree.</summary>
    private static string OurServer()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var folders = (Framework: output.Name, Configuration: output.Parent!.Name);
        var root = output.Parent.Parent!.Parent!.Parent!.Parent!.FullName;
        var file = Path.Combine(root, "src", "PaymentMonitor.Server", "bin", folders.Configuration, folders.Framework, "paymentmonitor");
        return File.Exists(file) ? file : throw new FileNotFoundException($"The server is not built: run the benchmarks with 'dotnet run -c Release --project bench/PaymentMonitor.Benchmarks'. Looked for {file}.");
    }

    private static string Url(int port) => $"http://127.0.0.1:{port}";

    private sealed class Released(IDisposable part) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            part.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
