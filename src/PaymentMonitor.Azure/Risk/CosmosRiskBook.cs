using Microsoft.Azure.Cosmos;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>
/// The risk reference data in Cosmos DB: one partition for the entries, which is read as a whole, and one for the history. A change
/// is written into the history first, so that none is without its author.
/// </summary>
public sealed class CosmosRiskBook : IRiskBook
{
    private readonly DocumentSet<RiskDocument> _entries;
    private readonly DocumentSet<RiskChangeDocument> _changes;

    public CosmosRiskBook(Database database)
    {
        ArgumentNullException.ThrowIfNull(database);
        var container = database.GetContainer(CosmosDatabase.Lookups);
        _entries = new DocumentSet<RiskDocument>(container, AzureJson.Default.RiskDocument);
        _changes = new DocumentSet<RiskChangeDocument>(container, AzureJson.Default.RiskChangeDocument);
    }

    public async ValueTask<IReadOnlyList<RiskEntry>> ListAsync(CancellationToken cancellationToken)
    {
        var all = await _entries.QueryAllAsync(OfPartition(RiskDocument.Partition), RiskDocument.Partition, cancellationToken);
        return [.. all.Select(document => document.Entry)];
    }

    public async ValueTask SetAsync(RiskEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        await NoteAsync(new RiskChange(entry, IsRemoved: false, entry.By, entry.Reason, entry.At), cancellationToken);
        await _entries.UpsertAsync(new RiskDocument(DocumentKey.Of(entry.Id), RiskDocument.Partition, entry), RiskDocument.Partition, cancellationToken);
    }

    public async ValueTask<RiskEntry?> RemoveAsync(string id, string by, string reason, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (await _entries.ReadAsync(DocumentKey.Of(id), RiskDocument.Partition, cancellationToken) is not { Document.Entry: var entry })
        {
            return null;
        }

        await NoteAsync(new RiskChange(entry, IsRemoved: true, by, reason, at), cancellationToken);
        await _entries.DeleteAsync(DocumentKey.Of(id), RiskDocument.Partition, cancellationToken);
        return entry;
    }

    public async ValueTask<IReadOnlyList<RiskChange>> HistoryAsync(int limit, CancellationToken cancellationToken)
    {
        var all = await _changes.QueryAllAsync(OfPartition(RiskChangeDocument.Partition), RiskChangeDocument.Partition, cancellationToken);
        return [.. all.OrderByDescending(document => document.Id, StringComparer.Ordinal).Take(limit).Select(document => document.Change)];
    }

    private Task<bool> NoteAsync(RiskChange change, CancellationToken cancellationToken)
    {
        // Sorts by time; two changes of one moment are told apart by the rest.
        var id = $"{change.At.UtcTicks:D19}-{Guid.NewGuid():n}";
        return _changes.TryCreateAsync(new RiskChangeDocument(id, RiskChangeDocument.Partition, change), RiskChangeDocument.Partition, cancellationToken);
    }

    private static QueryDefinition OfPartition(string partition) => new QueryDefinition("SELECT * FROM c WHERE c.key = @key").WithParameter("@key", partition);
}

/// <summary>An entry as it is stored, beside all others.</summary>
internal sealed record RiskDocument(string Id, string Key, RiskEntry Entry)
{
    internal const string Partition = "risk";
}

/// <summary>A change as it is stored.</summary>
/// <param name="Id">Ascends with time.</param>
internal sealed record RiskChangeDocument(string Id, string Key, RiskChange Change)
{
    internal const string Partition = "risk-history";
}
