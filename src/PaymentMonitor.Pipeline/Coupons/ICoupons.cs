namespace PaymentMonitor.Pipeline;

/// <summary>Who holds a coupon. A code is good for one order. Cosmos DB in Azure, SQLite embedded.</summary>
public interface ICoupons
{
    /// <summary>
    /// Reserves a code for an order, unless another holds it; a reservation that has run out holds nothing. Reserving twice for the
    /// same order is one reservation.
    /// </summary>
    /// <returns>Whether the order holds the code now.</returns>
    ValueTask<bool> TryReserveAsync(string code, OrderKey order, DateTimeOffset now, DateTimeOffset expiresAt, CancellationToken cancellationToken);

    /// <summary>Keeps the code for the order for good.</summary>
    /// <returns>False if another order holds it, because the reservation had run out.</returns>
    ValueTask<bool> CommitAsync(string code, OrderKey order, CancellationToken cancellationToken);

    /// <summary>Frees the code, if it is this order that holds it.</summary>
    ValueTask ReleaseAsync(string code, OrderKey order, CancellationToken cancellationToken);

    ValueTask<Coupon?> FindAsync(string code, CancellationToken cancellationToken);
}

/// <param name="ExpiresAt">When the reservation runs out; null: the code is used.</param>
public sealed record Coupon(string Code, OrderKey Order, DateTimeOffset? ExpiresAt);
