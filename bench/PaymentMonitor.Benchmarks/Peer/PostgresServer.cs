using System.Diagnostics;
using PaymentMonitor.Benchmarks.Servers;

namespace PaymentMonitor.Benchmarks.Peer;

/// <summary>PostgreSQL with a fresh cluster in a temporary folder, reached over a Unix socket.</summary>
internal sealed class PostgresServer(ServerProcess process, TemporaryFolder folder) : IAsyncDisposable
{
    // PostgreSQL refuses to run as root; Debian's package makes this user for it.
    private const string User = "postgres";

    internal string ConnectionString =>
        $"Host={folder.Path};Port={process.EndPoint.Port};Username={User};Database=postgres;Max Auto Prepare=20;Auto Prepare Min Usages=2;Maximum Pool Size=8";

    internal static async Task<PostgresServer> StartAsync(DurablePoint durable, CancellationToken cancellationToken)
    {
        var (initialise, server) = (DebianProgram.Find("initdb"), DebianProgram.Find("postgres"));
        var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", [User, folder.Path], cancellationToken);
        }

        var (file, prefix) = AsUser(initialise);
        await RunAsync(file, [.. prefix, "--pgdata", data, "--username", User, "--auth", "trust", "--no-sync"], cancellationToken);

        // Enough memory, checkpoints out of the measured time, and, where Redis is the durable point, no wait for the disk.
        string[] settings =
        [
            "shared_buffers=512MB", "max_wal_size=8GB", "checkpoint_timeout=30min", "wal_buffers=16MB", "huge_pages=try", "jit=off",
            $"synchronous_commit={(durable == DurablePoint.Postgres ? "on" : "off")}",
        ];
        (file, prefix) = AsUser(server);
        var process = await ServerProcess.StartAsync(
            file,
            port => [.. prefix, "-D", data, "-k", folder.Path, "-h", "127.0.0.1", "-p", $"{port}", .. settings.SelectMany(setting => new[] { "-c", setting })],
            cancellationToken);
        return new PostgresServer(process, folder);
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        await folder.DisposeAsync();
    }

    private static (string File, string[] Prefix) AsUser(string program)
    {
        return Environment.IsPrivilegedProcess ? (DebianProgram.Find("runuser"), ["-u", User, "--", program]) : (program, []);
    }

    private static async Task RunAsync(string file, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        _ = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new IOException($"'{file}' failed: {await error}");
        }
    }
}
