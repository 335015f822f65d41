using PaymentMonitor.Benchmarks.Servers;

namespace PaymentMonitor.Benchmarks.Peer;

/// <summary>Redis with an append-only file in a temporary folder.</summary>
internal sealed class RedisServer(ServerProcess process, TemporaryFolder data) : IAsyncDisposable
{
    internal string Configuration => $"{process.EndPoint},abortConnect=true";

    internal static async Task<RedisServer> StartAsync(DurablePoint durable, CancellationToken cancellationToken)
    {
        var program = DebianProgram.Find("redis-server");
        var data = new TemporaryFolder();
        // With 'always', Redis syncs once for all commands that it took in one turn, before it answers them.
        var fsync = durable == DurablePoint.Redis ? "always" : "everysec";
        var process = await ServerProcess.StartAsync(
            program,
            port => ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", data.Path, "--save", "", "--appendonly", "yes", "--appendfsync", fsync, "--auto-aof-rewrite-percentage", "0"],
            cancellationToken);
        return new RedisServer(process, data);
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        await data.DisposeAsync();
    }
}
