using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Azure.Cosmos;
using PaymentMonitor.Azure;
using PaymentMonitor.Testing;

[assembly: AssemblyFixture(typeof(CosmosServer))]

namespace PaymentMonitor.Testing;

/// <summary>
/// A Cosmos DB server from npm in a process of its own, on a free port, that ends with the tests. Without Node.js the tests that
/// need it are skipped, with the remedy.
/// </summary>
public sealed class CosmosServer : IAsyncLifetime
{
    // The well-known key of Microsoft's emulator: the server checks none, and the client insists on one.
    private const string Key = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==";

    private Process? _server;
    private string? _missing;
    private string? _endpoint;

    public async ValueTask InitializeAsync()
    {
        if (!Runs("node") || !Runs("npm"))
        {
            _missing = "Node.js is not installed; with Node.js 20 or newer on the path this test installs and starts a Cosmos DB server by itself.";
            return;
        }

        await InstallAsync();
        _server = Process.Start(new ProcessStartInfo("node", "node_modules/@vercel/cosmosdb-server/lib/cli.js --no-ssl --host 127.0.0.1 --port 0")
        {
            WorkingDirectory = Folder(),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _server.ErrorDataReceived += (_, _) => { };
        _server.BeginErrorReadLine();
        var ready = await _server.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30))
            ?? throw new InvalidOperationException("The Cosmos DB server ended before it was ready.");
        _endpoint = "http://" + ready[(ready.LastIndexOf(' ') + 1)..] + "/";
    }

    /// <summary>An empty database, reached through the given wire; skips the test where there is no server.</summary>
    internal async Task<Database> NewDatabaseAsync(CosmosWire? wire = null)
    {
        Assert.SkipWhen(_missing is not null, _missing ?? "");
        return await CosmosDatabase.CreateAsync(Connect(wire ?? new CosmosWire()), $"test-{Guid.NewGuid():n}", TestContext.Current.CancellationToken);
    }

    /// <summary>A database that is there, over another wire: as another process reaches it.</summary>
    internal Database Open(string name, CosmosWire wire) => Connect(wire).GetDatabase(name);

    public ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            server.Kill(entireProcessTree: true);
            server.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private CosmosClient Connect(CosmosWire wire)
    {
        var options = new CosmosClientOptions { HttpClientFactory = () => new HttpClient(wire, disposeHandler: false) };
        return CosmosDatabase.Connect($"AccountEndpoint={_endpoint};AccountKey={Key}", new NoCredential(), options);
    }

    /// <summary>Installs what the lock file says, once, also when several test projects start together.</summary>
    private static async Task InstallAsync()
    {
        var done = Path.Combine(Folder(), "node_modules", ".package-lock.json");
        while (true)
        {
            try
            {
                await using var turn = new FileStream(Path.Combine(Path.GetTempPath(), "paymentmonitor-azure-tests-js.lock"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
                if (!File.Exists(done))
                {
                    using var npm = Process.Start(new ProcessStartInfo(Npm(), "ci --no-audit --no-fund") { WorkingDirectory = Folder() })!;
                    await npm.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(5));
                    Assert.True(npm.ExitCode == 0, "npm ci failed: the tests need a package registry, once.");
                }

                return;
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }
    }

    private static string Npm() => OperatingSystem.IsWindows() ? "npm.cmd" : "npm";

    private static bool Runs(string tool)
    {
        try
        {
            var name = tool == "npm" ? Npm() : tool;
            using var process = Process.Start(new ProcessStartInfo(name, "--version") { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static string Folder([CallerFilePath] string thisFile = "")
    {
        return Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "../../PaymentMonitor.Azure.Tests/js"));
    }
}
