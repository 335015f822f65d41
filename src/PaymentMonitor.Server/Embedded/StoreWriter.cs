using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>The statements that change the file. Belongs to the loop's thread.</summary>
internal sealed class StoreWriter : IDisposable
{
    /// <summary>Of a dead letter that nothing tells the source of.</summary>
    internal const long UnknownSource = -1;

    // What an order of an ordinary sale takes when it has ended, and a third of what a page has room for. A document has this size from
    // the start: those that grow side by side on one page would be moved again and again, and each move rewrites several pages.
    private const int DocumentBytesMin = 1_240;

    private readonly Statement _begin, _commit, _rollback, _appendLog, _findOrder, _insertOrder, _updateOrder, _addPayment, _addReference, _addToFeed, _addErrands, _dropErrands, _setAside, _removeOrder, _removePayment, _removeReference;
    private readonly ProtobufWriter _packed = new(64 * 1024);

    internal StoreWriter(Database database)
    {
        Database = database;
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _rollback = database.Prepare("ROLLBACK");
        _appendLog = database.Prepare("INSERT INTO log VALUES(?1, ?2, ?3, ?4, ?5)");
        _findOrder = database.Prepare("SELECT id, document FROM orders WHERE machineId = ?1 AND orderId = ?2");
        _insertOrder = database.Prepare(
            "INSERT INTO orders(id, open, status, dueAt, unconfirmed, document, machineId, orderId) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        _updateOrder = database.Prepare("UPDATE orders SET open = ?2, status = ?3, dueAt = ?4, unconfirmed = ?5, document = ?6 WHERE id = ?1");
        _addPayment = database.Prepare("INSERT OR IGNORE INTO payments VALUES(?1, ?2)");
        _addReference = database.Prepare("INSERT OR IGNORE INTO refs VALUES(?1, ?2, ?3)");
        _addToFeed = database.Prepare("INSERT INTO feed(orderRow) VALUES(?1)");
        _addErrands = database.Prepare("INSERT OR IGNORE INTO errands VALUES(?1)");
        _dropErrands = database.Prepare("DELETE FROM errands WHERE orderRow = ?1");
        _removeOrder = database.Prepare("DELETE FROM orders WHERE id = ?1");
        _removePayment = database.Prepare("DELETE FROM payments WHERE paymentId = ?1 AND orderRow = ?2");
        _removeReference = database.Prepare("DELETE FROM refs WHERE paymentRef = ?1");
        _setAside = database.Prepare("INSERT INTO dead_letters(time, reason, position, machineId, source, event, replays) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    }

    internal Database Database { get; }

    internal void Begin()
    {
        _packed.Clear();
        _begin.Run();
    }

    /// <summary>Returns when everything since <see cref="Begin"/> is on the disk.</summary>
    internal void Commit() => _commit.Run();

    internal void Rollback()
    {
        // Some errors (a full disk) end the transaction by themselves.
        if (Database.InTransaction)
        {
            _rollback.Run();
        }
    }

    internal void AppendLog(long position, long receivedAtMs, MachineId machineId, EventSource source, ReadOnlySpan<byte> json) =>
        _appendLog.Bind(1, position).Bind(2, receivedAtMs).Bind(3, machineId.Value).Bind(4, (long)source).Bind(5, json).Run();

    internal void SetAside(string reason, long position, long receivedAtMs, MachineId machineId, EventSource source, ReadOnlySpan<byte> json, int replays) =>
        _setAside.Bind(1, receivedAtMs).Bind(2, reason).Bind(3, position).Bind(4, machineId.Value).Bind(5, (long)source).Bind(6, json).Bind(7, replays).Run();

    /// <summary>A letter that is not about an event of this transaction. It comes seldom, so its statement is made for it.</summary>
    internal bool TrySetAside(DeadLetter letter, DateTimeOffset now)
    {
        using var write = Database.Prepare("""
            INSERT INTO dead_letters(time, reason, position, machineId, source, event, message, replays, receivedAt)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
            WHERE NOT EXISTS (SELECT 1 FROM dead_letters WHERE position = ?3 AND reason = ?2 AND time >= ?10)
            """);
        write
            .Bind(1, now.ToUnixTimeMilliseconds())
            .Bind(2, letter.Reason)
            .Bind(3, letter.Position)
            .Bind(4, letter.MachineId?.Value ?? "")
            .Bind(5, letter.Source is { } source ? (long)source : UnknownSource)
            .Bind(6, letter.Body.Span)
            .BindOptional(7, letter.Message)
            .Bind(8, letter.Replays)
            .Bind(9, letter.ReceivedAt?.ToUnixTimeMilliseconds())
            .Bind(10, new DateTimeOffset(now.UtcDateTime.Date).ToUnixTimeMilliseconds())
            .Run();
        return Database.Changes == 1;
    }

    internal StoredOrder? FindOrder(OrderKey key)
    {
        try
        {
            return _findOrder.Bind(1, key.MachineId.Value).Bind(2, key.OrderId.Value).Step()
                ? new StoredOrder(_findOrder.Int64(0), StoreReader.ReadOrder(_findOrder.Blob(1), key))
                : null;
        }
        finally
        {
            _findOrder.Reset();
        }
    }

    /// <returns>The order as it is kept, until the next transaction: see <see cref="Packed"/>.</returns>
    internal Range InsertOrder(StoredOrder stored)
    {
        var packed = Bind(_insertOrder, stored);
        _insertOrder.Bind(7, stored.Order.MachineId.Value).Bind(8, stored.Order.OrderId.Value).Run();
        return packed;
    }

    /// <inheritdoc cref="InsertOrder"/>
    internal Range UpdateOrder(StoredOrder stored)
    {
        var packed = Bind(_updateOrder, stored);
        _updateOrder.Run();
        return packed;
    }

    /// <summary>An order as this transaction wrote it.</summary>
    internal ReadOnlySpan<byte> Packed(Range range) => _packed.WrittenSpan[range];

    internal void AddPayment(PaymentId paymentId, long orderRow) => _addPayment.Bind(1, paymentId.Value).Bind(2, orderRow).Run();

    internal void AddReference(PaymentReference reference, OrderKey owner) =>
        _addReference.Bind(1, reference.Value).Bind(2, owner.MachineId.Value).Bind(3, owner.OrderId.Value).Run();

    internal void AddToFeed(long orderRow) => _addToFeed.Bind(1, orderRow).Run();

    /// <summary>Notes whether the order has something to be done at the payment provider.</summary>
    internal void NoteErrands(long orderRow, bool hasAny) => (hasAny ? _addErrands : _dropErrands).Bind(1, orderRow).Run();

    internal void RemoveOrder(StoredOrder stored)
    {
        foreach (var body in stored.Order.Envelopes.Select(envelope => envelope.Event.Body))
        {
            switch (body)
            {
                case OrderEvent.PaymentSucceeded paid:
                    _removePayment.Bind(1, paid.PaymentId.Value).Bind(2, stored.RowId).Run();
                    break;
                case OrderEvent.Created { PaymentRef: { } reference }:
                    _removeReference.Bind(1, reference.Value).Run();
                    break;
            }
        }

        _dropErrands.Bind(1, stored.RowId).Run();
        _removeOrder.Bind(1, stored.RowId).Run();
    }

    public void Dispose() => Database.Dispose();

    private Range Bind(Statement statement, StoredOrder stored)
    {
        var order = stored.Order;
        var start = _packed.Length;
        PackedOrder.Write(_packed, order);
        var end = _packed.Length;
        PackedOrder.MakeRoom(_packed, start, DocumentBytesMin);
        var unconfirmed = order.Version > order.ConfirmedVersion;
        statement
            .Bind(1, stored.RowId)
            .Bind(2, unconfirmed || order.Due is not null || !IsEnd(order.Status) ? 1 : 0)
            .Bind(3, (long)order.Status)
            .Bind(4, order.Due is { } due ? Wakes.ToMs(due) : null)
            .Bind(5, unconfirmed ? 1 : 0)
            .Bind(6, _packed.WrittenSpan[start..]);
        return start..end;
    }

    /// <summary>Orders that end here are many and are looked for by time; the others are few and are looked for by where they stand.</summary>
    internal static bool IsEnd(OrderStatus status) => status is OrderStatus.Completed or OrderStatus.Closed or OrderStatus.Refunded;
}

/// <summary>An order and its place in the file.</summary>
internal sealed record StoredOrder(long RowId, Order Order);
