using System.Globalization;
using System.Text;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>The orders in the file, as committed.</summary>
internal sealed class EmbeddedOrders(OrderLoop loop, StoreReaders readers, UnconfirmedOrders unconfirmed) : IOrders
{
    private const int UnconfirmedMax = 1_000;
    private const int LimitMax = 1_000;

    public ValueTask<Order?> ReadAsync(OrderKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = readers.Rent();
        return ValueTask.FromResult(lease.Reader.FindOrder(key));
    }

    /// <exception cref="FormatException">The continuation is not one that a page gave.</exception>
    public ValueTask<OrderPage> ListAsync(OrderQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, LimitMax);
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = readers.Rent();
        using var statement = lease.Reader.Database.Prepare(Sql(query));
        Bind(statement, query);
        var rows = StoreReader.All(statement, row => (Order: StoreReader.ReadOrder(row), RowId: row.Int64(1)));
        var isMore = rows.Count > query.Limit;
        return ValueTask.FromResult(new OrderPage(
            [.. rows.Take(query.Limit).Select(row => row.Order)],
            isMore ? rows[query.Limit - 1].RowId.ToString(CultureInfo.InvariantCulture) : null));
    }

    public ValueTask<IReadOnlyList<Order>> UnconfirmedAsync(MachineId machineId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!unconfirmed.Any(machineId))
        {
            return ValueTask.FromResult<IReadOnlyList<Order>>([]);
        }

        using var lease = readers.Rent();
        return ValueTask.FromResult<IReadOnlyList<Order>>(lease.Reader.Unconfirmed(machineId, UnconfirmedMax));
    }

    public async ValueTask<IReadOnlyList<Confirmation>> ConfirmAsync(MachineId machineId, IReadOnlyList<Confirmation> confirmed, CancellationToken cancellationToken) =>
        await loop.WriteAsync(work => work.Confirm(machineId, confirmed), cancellationToken);

    // The keys first, from the narrowest index there is; then the documents of one page. A plus sign keeps SQLite from choosing
    // another index for a condition.
    private static string Sql(OrderQuery query)
    {
        var conditions = new StringBuilder("id >= ?2 AND id < ?3");
        if (query.PaymentId is not null)
        {
            conditions.Append(" AND id IN (SELECT orderRow FROM payments WHERE paymentId = ?4)");
        }

        if (query.PaymentRef is not null)
        {
            conditions.Append(
                " AND id IN (SELECT o.id FROM refs r JOIN orders o ON o.machineId = r.machineId AND o.orderId = r.orderId WHERE r.paymentRef = ?5)");
        }

        var isNarrow = query.PaymentId is not null || query.PaymentRef is not null;
        if (query.MachineId is not null)
        {
            conditions.Append(isNarrow ? " AND +machineId = ?6" : " AND machineId = ?6");
        }

        var isOpen = query.Status is { } status && !StoreWriter.IsEnd(status);
        if (query.Status is not null)
        {
            conditions.Append(isOpen && !isNarrow ? " AND open = 1 AND status = ?7" : " AND +status = ?7");
        }

        var index = (isNarrow, isOpen, query.MachineId) switch
        {
            (true, _, _) => "",
            (_, true, _) => "INDEXED BY orders_open",
            (_, _, not null) => "INDEXED BY orders_key",
            _ => "NOT INDEXED",
        };
        return $"SELECT document, id FROM orders WHERE id IN (SELECT id FROM orders {index} WHERE {conditions} ORDER BY id DESC LIMIT ?1) ORDER BY id DESC";
    }

    private static void Bind(Statement statement, OrderQuery query)
    {
        var before = query.To is { } to ? OrderRowId.From(to) : long.MaxValue;
        if (query.Continuation is { } continuation)
        {
            before = long.TryParse(continuation, NumberStyles.None, CultureInfo.InvariantCulture, out var last)
                ? Math.Min(before, last)
                : throw new FormatException($"'{continuation}' is not a continuation that a page gave.");
        }

        statement.Bind(1, query.Limit + 1).Bind(2, query.From is { } from ? OrderRowId.From(from) : 0L).Bind(3, before);
        if (query.PaymentId is { } paymentId)
        {
            statement.Bind(4, paymentId.Value);
        }

        if (query.PaymentRef is { } reference)
        {
            statement.Bind(5, reference.Value);
        }

        if (query.MachineId is { } machineId)
        {
            statement.Bind(6, machineId.Value);
        }

        if (query.Status is { } status)
        {
            statement.Bind(7, (long)status);
        }
    }
}
