using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>A connection that only reads, and so sees exactly what is committed. For one thread at a time.</summary>
internal sealed class StoreReader : IDisposable
{
    private readonly Database _database;
    private readonly Statement _order, _unconfirmed, _reference, _machine, _machines, _feed, _orderByRow, _position, _errands;

    internal StoreReader(string path)
    {
        _database = Database.Open(path, writable: false);
        _order = _database.Prepare("SELECT document FROM orders WHERE machineId = ?1 AND orderId = ?2");
        _unconfirmed = _database.Prepare("SELECT document FROM orders WHERE machineId = ?1 AND open = 1 AND unconfirmed = 1 ORDER BY id LIMIT ?2");
        _reference = _database.Prepare("SELECT machineId, orderId FROM refs WHERE paymentRef = ?1");
        _machine = _database.Prepare("SELECT document FROM machines WHERE machineId = ?1");
        _machines = _database.Prepare("SELECT document FROM machines WHERE machineId > ?1 ORDER BY machineId LIMIT ?2");
        _feed = _database.Prepare("SELECT seq, orderRow FROM feed WHERE seq > ?1 ORDER BY seq LIMIT ?2");
        _orderByRow = _database.Prepare("SELECT document FROM orders WHERE id = ?1");
        _errands = _database.Prepare("SELECT o.document FROM errands e JOIN orders o ON o.id = e.orderRow ORDER BY e.orderRow DESC LIMIT ?1");
        _position = _database.Prepare("SELECT seq FROM positions WHERE consumer = ?1");
    }

    internal Database Database => _database;

    internal Order? FindOrder(OrderKey key) => One(_order.Bind(1, key.MachineId.Value).Bind(2, key.OrderId.Value), ReadOrder);

    internal Order? FindOrder(long rowId) => One(_orderByRow.Bind(1, rowId), ReadOrder);

    internal List<Order> Unconfirmed(MachineId machineId, int limit) => All(_unconfirmed.Bind(1, machineId.Value).Bind(2, limit), ReadOrder);

    internal OrderKey? FindReference(PaymentReference reference) =>
        One(_reference.Bind(1, reference.Value), row => (OrderKey?)new OrderKey(MachineId.Parse(row.Text(0)), OrderId.Parse(row.Text(1))));

    internal MachineRecord? FindMachine(MachineId machineId) => One(_machine.Bind(1, machineId.Value), MachineDocument.Read);

    internal List<MachineRecord> Machines(MachineId? after, int limit) =>
        All(_machines.Bind(1, after?.Value ?? "").Bind(2, limit), MachineDocument.Read);

    internal List<(long Seq, long RowId)> Feed(long after, int limit) => All(_feed.Bind(1, after).Bind(2, limit), row => (row.Int64(0), row.Int64(1)));

    /// <summary>The orders with something to be done at the payment provider, newest first.</summary>
    internal List<Order> WithErrands(int limit) => All(_errands.Bind(1, limit), ReadOrder);

    /// <summary>Orders of a range of keys (exclusive, exclusive) in the order of their creation.</summary>
    internal List<StoredOrder> Between(long after, long before, int limit)
    {
        using var statement = _database.Prepare("SELECT id, document FROM orders WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3");
        return All(statement.Bind(1, after).Bind(2, before).Bind(3, limit), row => new StoredOrder(row.Int64(0), ReadOrder(row.Blob(1))));
    }

    /// <summary>What follows a position of the log.</summary>
    internal List<LogRow> Log(long after, int limit)
    {
        using var statement = _database.Prepare("SELECT position, receivedAt, machineId, source, event FROM log WHERE position > ?1 ORDER BY position LIMIT ?2");
        return All(
            statement.Bind(1, after).Bind(2, limit),
            row => new LogRow(row.Int64(0), row.Int64(1), MachineId.Parse(row.Text(2)), (EventSource)row.Int64(3), row.Blob(4).ToArray()));
    }

    internal long? Position(string consumer) => One(_position.Bind(1, consumer), row => (long?)row.Int64(0));

    internal static Order ReadOrder(Statement row) => ReadOrder(row.Blob(0));

    /// <param name="key">The order's name, where it is known already.</param>
    internal static Order ReadOrder(ReadOnlySpan<byte> document, OrderKey? key = null)
    {
        // Schema 1 had JSON, and a file of that time still has it where no event came since.
        return document is [(byte)'{', ..] ? OrderDocument.Read(document.ToArray()) : PackedOrder.Read(document, key);
    }

    internal static List<T> All<T>(Statement statement, Func<Statement, T> read)
    {
        var rows = new List<T>();
        try
        {
            while (statement.Step())
            {
                rows.Add(read(statement));
            }

            return rows;
        }
        finally
        {
            statement.Reset();
        }
    }

    public void Dispose() => _database.Dispose();

    private static T? One<T>(Statement statement, Func<Statement, T> read)
    {
        try
        {
            return statement.Step() ? read(statement) : default;
        }
        finally
        {
            statement.Reset();
        }
    }
}
