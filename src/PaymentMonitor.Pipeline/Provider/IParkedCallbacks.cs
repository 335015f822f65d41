using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Callbacks of the payment provider whose payment reference no order has named yet: the money was faster than the machine.
/// Cosmos DB in Azure, SQLite embedded.
/// </summary>
public interface IParkedCallbacks
{
    /// <summary>Keeps a callback. Returns when it is durable; a repeat of its id is one, and keeps the time of the first.</summary>
    ValueTask ParkAsync(ParkedCallback callback, CancellationToken cancellationToken);

    /// <summary>All that are parked, oldest first, up to <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<ParkedCallback>> ListAsync(int limit, CancellationToken cancellationToken);

    ValueTask RemoveAsync(string id, CancellationToken cancellationToken);
}

/// <param name="Id">The callback's idempotency key.</param>
/// <param name="Body">As it came, its signature already proven.</param>
public sealed record ParkedCallback(string Id, PaymentReference Reference, DateTimeOffset ParkedAt, ReadOnlyMemory<byte> Body);
