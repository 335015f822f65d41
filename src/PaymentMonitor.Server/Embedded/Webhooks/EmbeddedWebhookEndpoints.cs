using System.Text.Json;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// The subscriptions in the file, and in memory: they are few, and every delivery looks at them. The feed of changed orders is kept
/// from the first subscription to the last, so that without one an order costs nothing more.
/// </summary>
internal sealed class EmbeddedWebhookEndpoints : IWebhookEndpoints
{
    /// <summary>The name under which the feed keeps the position of webhooks.</summary>
    internal const string Consumer = "webhooks";

    private readonly OrderLoop _loop;
    private readonly StoreReaders _readers;
    private readonly Lock _gate = new();
    private volatile IReadOnlyList<WebhookEndpoint> _all = [];

    internal EmbeddedWebhookEndpoints(OrderLoop loop, StoreReaders readers)
    {
        _loop = loop;
        _readers = readers;
        Refresh();
    }

    internal IReadOnlyList<WebhookEndpoint> All => _all;

    public ValueTask<IReadOnlyList<WebhookEndpoint>> ListAsync(CancellationToken cancellationToken) => ValueTask.FromResult(_all);

    public ValueTask<WebhookEndpoint?> ReadAsync(string endpointId, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_all.FirstOrDefault(endpoint => endpoint.Id == endpointId));

    public async ValueTask<bool> TryWriteAsync(WebhookEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var written = await _loop.WriteAsync(work => TryWrite(work, endpoint), cancellationToken);
        Refresh();
        return written;
    }

    public async ValueTask<bool> DeleteAsync(string endpointId, CancellationToken cancellationToken)
    {
        var deleted = await _loop.WriteAsync(work => Delete(work, endpointId), cancellationToken);
        Refresh();
        return deleted;
    }

    private static bool TryWrite(UnitOfWork work, WebhookEndpoint endpoint)
    {
        if (endpoint.Revision == 0)
        {
            OrderFeed.Join(work, Consumer);
        }

        var database = work.Writer.Database;
        using var write = database.Prepare(endpoint.Revision == 0
            ? "INSERT OR IGNORE INTO webhook_endpoints(id, revision, document) VALUES(?1, ?2 + 1, ?3)"
            : "UPDATE webhook_endpoints SET revision = ?2 + 1, document = ?3 WHERE id = ?1 AND revision = ?2");
        write
            .Bind(1, endpoint.Id)
            .Bind(2, endpoint.Revision)
            .Bind(3, JsonSerializer.SerializeToUtf8Bytes(endpoint with { Revision = endpoint.Revision + 1 }, WebhookJson.Default.WebhookEndpoint))
            .Run();
        return database.Changes == 1;
    }

    private static bool Delete(UnitOfWork work, string endpointId)
    {
        var database = work.Writer.Database;
        using var delete = database.Prepare("DELETE FROM webhook_endpoints WHERE id = ?1");
        delete.Bind(1, endpointId).Run();
        var deleted = database.Changes == 1;
        if (deleted && database.ReadInt64("SELECT count(*) FROM webhook_endpoints") == 0)
        {
            OrderFeed.Leave(work, Consumer);
        }

        return deleted;
    }

    // What is committed, read again: two writers that finish at once leave the newer state, whoever comes last.
    private void Refresh()
    {
        lock (_gate)
        {
            using var lease = _readers.Rent();
            using var statement = lease.Reader.Database.Prepare("SELECT document FROM webhook_endpoints");
            _all = [.. StoreReader.All(statement, row => JsonSerializer.Deserialize(row.Blob(0), WebhookJson.Default.WebhookEndpoint)!).OrderBy(endpoint => endpoint.CreatedAt)];
        }
    }
}
