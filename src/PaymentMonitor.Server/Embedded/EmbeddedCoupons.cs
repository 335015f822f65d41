using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>Coupons in the file. The one writer makes a reservation a race that one order wins; orders settle theirs in their own transaction.</summary>
internal sealed class EmbeddedCoupons(OrderLoop loop, StoreReaders readers) : ICoupons
{
    public async ValueTask<bool> TryReserveAsync(string code, OrderKey order, DateTimeOffset now, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        return await loop.WriteAsync(
            work =>
            {
                using var write = work.Writer.Database.Prepare("""
                    INSERT INTO coupons(code, machineId, orderId, expiresAt) VALUES(?1, ?2, ?3, ?4)
                    ON CONFLICT(code) DO UPDATE SET machineId = ?2, orderId = ?3, expiresAt = ?4 WHERE expiresAt <= ?5
                    """);
                Bind(write, code, order).Bind(4, expiresAt.ToUnixTimeMilliseconds()).Bind(5, now.ToUnixTimeMilliseconds()).Run();
                return Find(work.Writer.Database, code)?.Order == order;
            },
            cancellationToken);
    }

    public async ValueTask<bool> CommitAsync(string code, OrderKey order, CancellationToken cancellationToken) =>
        await loop.WriteAsync(work => Commit(work.Writer.Database, code, order), cancellationToken);

    public async ValueTask ReleaseAsync(string code, OrderKey order, CancellationToken cancellationToken) =>
        await loop.WriteAsync(work => Release(work.Writer.Database, code, order), cancellationToken);

    public ValueTask<Coupon?> FindAsync(string code, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = readers.Rent();
        return ValueTask.FromResult(Find(lease.Reader.Database, code));
    }

    /// <summary>Does for the coupon what the order's place asks for, in the order's own transaction.</summary>
    /// <returns>False if the order uses a code that another order holds.</returns>
    internal static bool Settle(Database database, OrderKey order, CouponUse use)
    {
        switch (use.Fate)
        {
            case CouponFate.Committed:
                return Commit(database, use.Code, order);
            case CouponFate.Released:
                Release(database, use.Code, order);
                return true;
            default:
                return true;
        }
    }

    // One that was never reserved, or whose reservation ran out, is used now all the same: the order is paid.
    private static bool Commit(Database database, string code, OrderKey order)
    {
        using var write = database.Prepare("""
            INSERT INTO coupons(code, machineId, orderId, expiresAt) VALUES(?1, ?2, ?3, NULL)
            ON CONFLICT(code) DO UPDATE SET expiresAt = NULL WHERE machineId = ?2 AND orderId = ?3
            """);
        Bind(write, code, order).Run();
        return database.Changes == 1;
    }

    private static bool Release(Database database, string code, OrderKey order)
    {
        using var remove = database.Prepare("DELETE FROM coupons WHERE code = ?1 AND machineId = ?2 AND orderId = ?3");
        Bind(remove, code, order).Run();
        return database.Changes == 1;
    }

    private static Coupon? Find(Database database, string code)
    {
        using var find = database.Prepare("SELECT machineId, orderId, expiresAt FROM coupons WHERE code = ?1");
        return StoreReader.All(find.Bind(1, code), row => new Coupon(
            code,
            new OrderKey(MachineId.Parse(row.Text(0)), OrderId.Parse(row.Text(1))),
            row.IsNull(2) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(2)))).FirstOrDefault();
    }

    private static Statement Bind(Statement statement, string code, OrderKey order) =>
        statement.Bind(1, code).Bind(2, order.MachineId.Value).Bind(3, order.OrderId.Value);
}
