using Microsoft.Azure.Cosmos;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>The subscriptions in Cosmos DB. Every delivery looks at them, so the list is kept for some seconds.</summary>
public sealed class CosmosWebhookEndpoints : IWebhookEndpoints
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(5);

    private readonly DocumentSet<WebhookEndpointDocument> _endpoints;
    private readonly TimeProvider _time;
    private volatile Snapshot? _snapshot;

    public CosmosWebhookEndpoints(Database database, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(database);
        _endpoints = new DocumentSet<WebhookEndpointDocument>(database.GetContainer(CosmosDatabase.Webhooks), WebhookDocumentJson.Default.WebhookEndpointDocument);
        _time = time;
    }

    public async ValueTask<IReadOnlyList<WebhookEndpoint>> ListAsync(CancellationToken cancellationToken)
    {
        if (_snapshot is { } kept && _time.GetElapsedTime(kept.ReadAt) < KeptFor)
        {
            return kept.Endpoints;
        }

        var readAt = _time.GetTimestamp();
        var query = new QueryDefinition("SELECT * FROM c WHERE c.pk = @all").WithParameter("@all", WebhookEndpointDocument.AllEndpoints);
        var documents = await _endpoints.QueryAllAsync(query, WebhookEndpointDocument.AllEndpoints, cancellationToken);
        var read = new Snapshot([.. documents.Select(document => document.Endpoint).OrderBy(endpoint => endpoint.CreatedAt)], readAt);
        _snapshot = read;
        return read.Endpoints;
    }

    public async ValueTask<WebhookEndpoint?> ReadAsync(string endpointId, CancellationToken cancellationToken) =>
        (await _endpoints.ReadAsync(endpointId, WebhookEndpointDocument.AllEndpoints, cancellationToken))?.Document.Endpoint;

    public async ValueTask<bool> TryWriteAsync(WebhookEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var next = new WebhookEndpointDocument(endpoint.Id, WebhookEndpointDocument.AllEndpoints, endpoint with { Revision = endpoint.Revision + 1 });
        try
        {
            if (endpoint.Revision == 0)
            {
                return await _endpoints.TryCreateAsync(next, WebhookEndpointDocument.AllEndpoints, cancellationToken);
            }

            return await _endpoints.ReadAsync(endpoint.Id, WebhookEndpointDocument.AllEndpoints, cancellationToken) is { } stored
                && stored.Document.Endpoint.Revision == endpoint.Revision
                && await _endpoints.TryReplaceAsync(next, endpoint.Id, WebhookEndpointDocument.AllEndpoints, stored.ETag, cancellationToken);
        }
        finally
        {
            _snapshot = null;
        }
    }

    public async ValueTask<bool> DeleteAsync(string endpointId, CancellationToken cancellationToken)
    {
        try
        {
            return await _endpoints.DeleteAsync(endpointId, WebhookEndpointDocument.AllEndpoints, cancellationToken);
        }
        finally
        {
            _snapshot = null;
        }
    }

    private sealed record Snapshot(IReadOnlyList<WebhookEndpoint> Endpoints, long ReadAt);
}
