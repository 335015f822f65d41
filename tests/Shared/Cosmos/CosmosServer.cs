using System.Diagnostics;
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
    internal const string Key = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==";

    private Process? _server;
    private string? _missing;
    private string? _endpoint;

    public async ValueTask InitializeAsync()
    {
        if (!NodeServers.CanRun)
        {
            _missing = NodeServers.Missing;
            return;
        }

        _server = await NodeServers.StartAsync("node_modules/@vercel/cosmosdb-server/lib/cli.js --no-ssl --host 127.0.0.1 --port 0");
        var ready = await NodeServers.LineAsync(_server, "127.0.0.1");
        _endpoint = "http://" + ready[(ready.LastIndexOf(' ') + 1)..] + "/";
    }

    /// <summary>Where the server listens; skips the test where there is none.</summary>
    internal Uri Address
    {
        get
        {
            Assert.SkipWhen(_missing is not null, _missing ?? "");
            return new Uri(_endpoint!);
        }
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
}
