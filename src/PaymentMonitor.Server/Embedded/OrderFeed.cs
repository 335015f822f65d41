using PaymentMonitor.Domain;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// The changed orders, in the order of their changes, for consumers that keep a position of their own: webhooks, the notifier, the
/// archive. An order carries all its decisions and notices, so one that changed several times needs to be read only once. Rows
/// behind every position are dropped; without a consumer none are written.
/// </summary>
internal sealed class OrderFeed(OrderLoop loop, StoreReaders readers)
{
    /// <summary>The consumer's position. One that is new begins with what changes from now on.</summary>
    internal async ValueTask<long> JoinAsync(string consumer, CancellationToken cancellationToken) =>
        await loop.WriteAsync(work => Join(work, consumer), cancellationToken);

    internal ValueTask<FeedPage> ReadAsync(long after, int limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = readers.Rent();
        var rows = lease.Reader.Feed(after, limit);
        var orders = new List<Order>(rows.Count);
        foreach (var rowId in rows.Select(row => row.RowId).Distinct())
        {
            if (lease.Reader.FindOrder(rowId) is { } order)
            {
                orders.Add(order);
            }
        }

        return ValueTask.FromResult(new FeedPage(orders, rows.Count == 0 ? after : rows[^1].Seq));
    }

    /// <returns>The consumer's position, or null if it has none.</returns>
    internal long? Position(string consumer)
    {
        using var lease = readers.Rent();
        return lease.Reader.Position(consumer);
    }

    /// <summary>Saves how far the consumer is: after a restart it goes on behind it.</summary>
    internal async ValueTask SaveAsync(string consumer, long position, CancellationToken cancellationToken) =>
        await loop.WriteAsync(work => Save(work.Writer.Database, consumer, position), cancellationToken);

    /// <summary>Takes a consumer out for good, so that the feed is no longer kept for it.</summary>
    internal async ValueTask LeaveAsync(string consumer, CancellationToken cancellationToken) =>
        await loop.WriteAsync(work => Leave(work, consumer), cancellationToken);

    internal static long Join(UnitOfWork work, string consumer)
    {
        work.KeepsFeed = true;
        var database = work.Writer.Database;
        using var add = database.Prepare("INSERT OR IGNORE INTO positions SELECT ?1, coalesce((SELECT max(seq) FROM feed), 0)");
        add.Bind(1, consumer).Run();
        using var read = database.Prepare("SELECT seq FROM positions WHERE consumer = ?1");
        read.Bind(1, consumer).Step();
        return read.Int64(0);
    }

    internal static bool Save(Database database, string consumer, long position)
    {
        using var save = database.Prepare("UPDATE positions SET seq = max(seq, ?2) WHERE consumer = ?1");
        save.Bind(1, consumer).Bind(2, position).Run();
        Trim(database);
        return true;
    }

    internal static bool Leave(UnitOfWork work, string consumer)
    {
        var database = work.Writer.Database;
        using var leave = database.Prepare("DELETE FROM positions WHERE consumer = ?1");
        leave.Bind(1, consumer).Run();
        work.KeepsFeed = database.ReadInt64("SELECT count(*) FROM positions") > 0;
        Trim(database);
        return true;
    }

    // The newest row stays, because the next one counts on from it.
    private static void Trim(Database database) =>
        database.Execute("DELETE FROM feed WHERE seq <= (SELECT min(seq) FROM positions) AND seq < (SELECT max(seq) FROM feed)");
}

/// <param name="Position">Behind the last of them; read on from here.</param>
internal sealed record FeedPage(IReadOnlyList<Order> Orders, long Position);
