using System.Diagnostics;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using PaymentMonitor.Testing;

[assembly: AssemblyFixture(typeof(AzuriteServer))]

namespace PaymentMonitor.Testing;

/// <summary>
/// Azurite from npm, Microsoft's emulator of Azure Storage, in a process of its own, on free ports and in memory. It starts with the
/// first test that needs it and ends with the tests. Without Node.js such tests are skipped, with the remedy.
/// </summary>
public sealed class AzuriteServer : IAsyncLifetime
{
    // The well-known account of every Azurite.
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly SemaphoreSlim _starting = new(1);
    private Process? _server;
    private string? _connection;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>How the account is reached: blobs, queues and tables.</summary>
    internal Task<string> ConnectionAsync() => ConnectAsync();

    /// <summary>An empty container of blobs.</summary>
    internal async Task<BlobContainerClient> NewContainerAsync()
    {
        var container = new BlobContainerClient(await ConnectAsync(), $"test-{Guid.NewGuid():n}");
        await container.CreateAsync(cancellationToken: TestContext.Current.CancellationToken);
        return container;
    }

    /// <summary>Queues that all tests share: use one of a name of your own, or empty it first.</summary>
    internal async Task<QueueServiceClient> QueuesAsync() => new(await ConnectAsync());

    public ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            server.Kill(entireProcessTree: true);
            server.Dispose();
        }

        _starting.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string> ConnectAsync()
    {
        Assert.SkipUnless(NodeServers.CanRun, NodeServers.Missing);
        await _starting.WaitAsync();
        try
        {
            return _connection ??= await StartAsync();
        }
        finally
        {
            _starting.Release();
        }
    }

    private async Task<string> StartAsync()
    {
        _server = await NodeServers.StartAsync(
            "node_modules/azurite/dist/src/azurite.js --inMemoryPersistence --skipApiVersionCheck --disableTelemetry --blobPort 0 --queuePort 0 --tablePort 0");
        var blobs = AddressIn(await NodeServers.LineAsync(_server, "Blob service is successfully listening"));
        var queues = AddressIn(await NodeServers.LineAsync(_server, "Queue service is successfully listening"));
        var tables = AddressIn(await NodeServers.LineAsync(_server, "Table service is successfully listening"));

        // It writes a line for each request, and would wait for a reader.
        _ = _server.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        return $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint={blobs}/{Account};QueueEndpoint={queues}/{Account};TableEndpoint={tables}/{Account};";
    }

    private static string AddressIn(string line) => line[line.IndexOf("http", StringComparison.Ordinal)..].Trim();
}
