using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// The archive: for each day (UTC) the orders that began on it, as Parquet files under <c>orders/date=YYYY-MM-DD</c>. A file appears as a
/// whole or not at all. Blobs in Azure, a folder embedded.
/// </summary>
public interface IOrderArchive
{
    /// <summary>As of when the day is archived: from then on changes of its orders may be missing. Null: not yet.</summary>
    ValueTask<DateTimeOffset?> WrittenAtAsync(DateOnly day, CancellationToken cancellationToken);

    /// <summary>Writes the orders that began on a day, in place of what was written of it before. Without orders nothing is written.</summary>
    /// <returns>How many there were.</returns>
    Task<int> WriteDayAsync(DateOnly day, IAsyncEnumerable<Order> orders, DateTimeOffset asOf, CancellationToken cancellationToken);

    /// <summary>Adds orders of a day that changed after it was written, or that leave the store before it is.</summary>
    Task<int> AddLateAsync(DateOnly day, IReadOnlyList<Order> orders, DateTimeOffset asOf, CancellationToken cancellationToken);
}
