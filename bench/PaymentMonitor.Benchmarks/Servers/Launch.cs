using PaymentMonitor.Benchmarks.Peer;
using PaymentMonitor.Benchmarks.Targets;

namespace PaymentMonitor.Benchmarks.Servers;

/// <summary>Starts the servers that are compared, by name.</summary>
internal static class Launch
{
    /// <summary>The peer comes twice, once for each durable point of its choice.</summary>
    internal static readonly IReadOnlyList<string> Names = ["echo", "ours", "peer-redis", "peer-postgres"];

    internal static async Task<ServerUnderTest> StartAsync(string name, CancellationToken cancellationToken)
    {
        var parts = new Parts();
        try
        {
            return name switch
            {
                "echo" => await EchoAsync(parts, cancellationToken),
                "ours" => await OursAsync(parts, parts.Add(new TemporaryFolder()), null, cancellationToken),
                "peer-redis" => await PeerAsync(parts, DurablePoint.Redis, cancellationToken),
                "peer-postgres" => await PeerAsync(parts, DurablePoint.Postgres, cancellationToken),
                _ => throw new ArgumentOutOfRangeException(nameof(name), name, $"Servers are {string.Join(", ", Names)}."),
            };
        }
        catch
        {
            await parts.DisposeAsync();
            throw;
        }
    }

    /// <summary>Our server on a folder that outlives it.</summary>
    internal static Task<ServerUnderTest> StartOursAsync(TemporaryFolder data, CancellationToken cancellationToken, params string[] options)
    {
        return OursAsync(new Parts(), data, null, cancellationToken, options);
    }

    /// <inheritdoc cref="StartOursAsync(TemporaryFolder, CancellationToken, string[])"/>
    /// <param name="environment">Variables for its process.</param>
    internal static Task<ServerUnderTest> StartOursAsync(
        TemporaryFolder data, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken, params string[] options)
    {
        return OursAsync(new Parts(), data, environment, cancellationToken, options);
    }

    private static async Task<ServerUnderTest> EchoAsync(Parts parts, CancellationToken cancellationToken)
    {
        var process = parts.Add(await ServerProcess.StartAsync(Environment.ProcessPath!, port => ["echo", "--urls", Url(port)], cancellationToken));
        return new(process, new EchoTarget(), parts);
    }

    private static async Task<ServerUnderTest> OursAsync(
        Parts parts, TemporaryFolder data, IReadOnlyDictionary<string, string>? environment, CancellationToken cancellationToken, params string[] options)
    {
        var process = parts.Add(await ServerProcess.StartAsync(
            OurServer(), port => ["serve", "--demo-credentials", "--data", data.Path, "--urls", Url(port), .. options], cancellationToken, environment));
        return new(process, new OursTarget(new Uri(Url(process.EndPoint.Port))), parts);
    }

    private static async Task<ServerUnderTest> PeerAsync(Parts parts, DurablePoint durable, CancellationToken cancellationToken)
    {
        var redis = parts.Add(await RedisServer.StartAsync(durable, cancellationToken));
        var postgres = parts.Add(await PostgresServer.StartAsync(durable, cancellationToken));
        var process = parts.Add(await ServerProcess.StartAsync(
            Environment.ProcessPath!,
            port => ["peer", "--urls", Url(port), "--redis", redis.Configuration, "--postgres", postgres.ConnectionString, "--durable", $"{durable}"],
            cancellationToken));
        return new(process, new PeerTarget(), parts);
    }

    /// <summary>The server of the same build: same configuration, same framework, beside us in the source tree.</summary>
    private static string OurServer()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var (framework, configuration) = (output.Name, output.Parent!.Name);
        var root = output.Parent.Parent!.Parent!.Parent!.Parent!.FullName;
        var file = Path.Combine(root, "src", "PaymentMonitor.Server", "bin", configuration, framework, "paymentmonitor");
        return File.Exists(file) ? file : throw new FileNotFoundException($"The server is not built: there is no {file}.");
    }

    private static string Url(int port) => $"http://127.0.0.1:{port}";
}
