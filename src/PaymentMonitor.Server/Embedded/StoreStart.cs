using System.Diagnostics.Metrics;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>What the loop goes on from. Of the orders only those that wait for a time or for their machine are read.</summary>
/// <param name="NewestMs">The newest arrival ever stamped: time goes on behind it, even if the clock was set back.</param>
internal sealed record StoreStart(
    string Path,
    long Position,
    long NewestMs,
    long NewestRow,
    bool KeepsFeed,
    IReadOnlyList<(OrderKey Order, long DueMs)> Wakes,
    IReadOnlyList<OrderKey> Unconfirmed,
    IReadOnlyList<(string MachineId, OrderStatus Status, long Count)> Open)
{
    internal static StoreStart Read(Database database, string path)
    {
        using var wakes = database.Prepare("SELECT machineId, orderId, dueAt FROM orders INDEXED BY orders_open WHERE open = 1 AND dueAt IS NOT NULL");
        using var unconfirmed = database.Prepare("SELECT machineId, orderId FROM orders INDEXED BY orders_open WHERE open = 1 AND unconfirmed = 1");
        // Every status but the ends, as StoreWriter.IsEnd has them.
        using var open = database.Prepare(
            "SELECT machineId, status, count(*) FROM orders INDEXED BY orders_open WHERE open = 1 AND status NOT IN (5, 6, 7) GROUP BY machineId, status");
        return new StoreStart(
            path,
            database.ReadInt64("SELECT max(position) FROM log"),
            database.ReadInt64("SELECT receivedAt FROM log ORDER BY position DESC LIMIT 1"),
            database.ReadInt64("SELECT max(id) FROM orders"),
            database.ReadInt64("SELECT count(*) FROM positions") > 0,
            StoreReader.All(wakes, row => (new OrderKey(MachineId.Parse(row.Text(0)), OrderId.Parse(row.Text(1))), row.Int64(2))),
            StoreReader.All(unconfirmed, row => new OrderKey(MachineId.Parse(row.Text(0)), OrderId.Parse(row.Text(1)))),
            StoreReader.All(open, row => (row.Text(0), (OrderStatus)row.Int64(1), row.Int64(2))));
    }
}

/// <summary>Where the store tells of itself.</summary>
internal sealed record StoreSignals(ILogger Logger, IMeterFactory Meters);
