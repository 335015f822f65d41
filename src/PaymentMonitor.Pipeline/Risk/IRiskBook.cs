namespace PaymentMonitor.Pipeline;

/// <summary>The reference data by which orders are refused, and the history of its changes. Cosmos DB in Azure, SQLite embedded.</summary>
public interface IRiskBook
{
    ValueTask<IReadOnlyList<RiskEntry>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Sets an entry, in place of one with the same id.</summary>
    ValueTask SetAsync(RiskEntry entry, CancellationToken cancellationToken);

    /// <returns>The entry that is gone, or null where there was none.</returns>
    ValueTask<RiskEntry?> RemoveAsync(string id, string by, string reason, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>The newest changes first.</summary>
    ValueTask<IReadOnlyList<RiskChange>> HistoryAsync(int limit, CancellationToken cancellationToken);
}
