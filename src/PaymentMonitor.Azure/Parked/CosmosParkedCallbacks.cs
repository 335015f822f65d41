using Microsoft.Azure.Cosmos;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>Parked callbacks in Cosmos DB, in one partition: there are few, and they are looked through together.</summary>
public sealed class CosmosParkedCallbacks : IParkedCallbacks
{
    private readonly DocumentSet<ParkedDocument> _parked;

    public CosmosParkedCallbacks(Database database)
    {
        ArgumentNullException.ThrowIfNull(database);
        _parked = new DocumentSet<ParkedDocument>(database.GetContainer(CosmosDatabase.Lookups), AzureJson.Default.ParkedDocument);
    }

    public async ValueTask ParkAsync(ParkedCallback callback, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var document = new ParkedDocument(
            DocumentKey.Of(callback.Id), ParkedDocument.Partition, callback.Id, callback.Reference, callback.ParkedAt, callback.Body.ToArray());
        await _parked.TryCreateAsync(document, ParkedDocument.Partition, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<ParkedCallback>> ListAsync(int limit, CancellationToken cancellationToken)
    {
        var query = new QueryDefinition("SELECT * FROM c WHERE c.key = @key").WithParameter("@key", ParkedDocument.Partition);
        var all = await _parked.QueryAllAsync(query, ParkedDocument.Partition, cancellationToken);
        return
        [
            .. all.OrderBy(document => document.ParkedAt)
                .Take(limit)
                .Select(document => new ParkedCallback(document.CallbackId, document.Reference, document.ParkedAt, document.Body)),
        ];
    }

    public async ValueTask RemoveAsync(string id, CancellationToken cancellationToken) =>
        await _parked.DeleteAsync(DocumentKey.Of(id), ParkedDocument.Partition, cancellationToken);
}

/// <summary>A parked callback as it is stored.</summary>
internal sealed record ParkedDocument(string Id, string Key, string CallbackId, PaymentReference Reference, DateTimeOffset ParkedAt, byte[] Body)
{
    internal const string Partition = "parked";
}
