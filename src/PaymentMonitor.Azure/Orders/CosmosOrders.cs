using System.Text;
using Microsoft.Azure.Cosmos;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>
/// Orders in Cosmos DB, a document each, in the partition of their machine. One conditional write is the whole transaction of an
/// order; what leads to it from a payment id is written before it, so that it is never missing and at worst leads nowhere.
/// </summary>
public sealed class CosmosOrders : IOrders
{
    private readonly DocumentSet<Order> _orders;
    private readonly DocumentSet<LookupDocument> _lookups;
    private readonly CosmosPaymentReferences _references;

    public CosmosOrders(Database database)
    {
        ArgumentNullException.ThrowIfNull(database);
        _orders = new DocumentSet<Order>(database.GetContainer(CosmosDatabase.Orders), CosmosOrderDocument.Write, OrderDocument.Read);
        _lookups = new DocumentSet<LookupDocument>(database.GetContainer(CosmosDatabase.Lookups), AzureJson.Default.LookupDocument);
        _references = new CosmosPaymentReferences(database);
    }

    public async ValueTask<LoadedOrder> LoadAsync(OrderKey key, CancellationToken cancellationToken)
    {
        var stored = await _orders.ReadAsync(key.OrderId.Value, key.MachineId.Value, cancellationToken);
        return new LoadedOrder(key, stored?.Document, stored?.ETag);
    }

    /// <returns>False if somebody else has written the order since it was loaded: load it and apply again.</returns>
    public async ValueTask<bool> TrySaveAsync(LoadedOrder loaded, Order order, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(loaded);
        ArgumentNullException.ThrowIfNull(order);
        var lookups = PaymentsOf(order).Except(PaymentsOf(loaded.Order)).Select(payment => LookupDocument.Of(payment, loaded.Key));
        await Task.WhenAll(lookups.Select(lookup => _lookups.TryCreateAsync(lookup, lookup.Key, cancellationToken)));
        var (id, partition) = (loaded.Key.OrderId.Value, loaded.Key.MachineId.Value);
        return loaded.ETag is { } etag
            ? await _orders.TryReplaceAsync(order, id, partition, etag, cancellationToken)
            : await _orders.TryCreateAsync(order, partition, cancellationToken);
    }

    public async ValueTask<Order?> ReadAsync(OrderKey key, CancellationToken cancellationToken) => (await LoadAsync(key, cancellationToken)).Order;

    /// <exception cref="ArgumentException">The query names no machine, payment or reference, so it would have to ask every partition.</exception>
    public async ValueTask<OrderPage> ListAsync(OrderQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.PaymentRef is { } reference)
        {
            return await ReadAllAsync(query, await _references.FindAsync(reference, cancellationToken) is { } owner ? [owner] : [], cancellationToken);
        }

        if (query.PaymentId is { } payment)
        {
            var all = new QueryDefinition("SELECT * FROM c WHERE c.key = @key").WithParameter("@key", LookupDocument.KeyOf(payment));
            var found = await _lookups.QueryAllAsync(all, LookupDocument.KeyOf(payment), cancellationToken);
            return await ReadAllAsync(query, found.Select(lookup => lookup.Order), cancellationToken);
        }

        if (query.MachineId is not { } machineId)
        {
            throw new ArgumentException("In Azure orders are listed by machine, payment id or payment reference: name one of them.", nameof(query));
        }

        var page = await _orders.QueryAsync(OfMachine(machineId, query), machineId.Value, query.Limit, query.Continuation, cancellationToken);
        return new OrderPage(page.Documents, page.Continuation);
    }

    public async ValueTask<IReadOnlyList<Order>> UnconfirmedAsync(MachineId machineId, CancellationToken cancellationToken)
    {
        var query = new QueryDefinition("SELECT * FROM c WHERE c.machineId = @machine AND c.unconfirmed = true ORDER BY c.heardAt")
            .WithParameter("@machine", machineId.Value);
        return await _orders.QueryAllAsync(query, machineId.Value, cancellationToken);
    }

    public async ValueTask ConfirmAsync(MachineId machineId, IReadOnlyList<Confirmation> confirmed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(confirmed);
        await Task.WhenAll(confirmed.Select(one => ConfirmAsync(new OrderKey(machineId, one.OrderId), one.Version, cancellationToken)));
    }

    private async Task ConfirmAsync(OrderKey key, int version, CancellationToken cancellationToken)
    {
        while (true)
        {
            var loaded = await LoadAsync(key, cancellationToken);
            if (loaded.Order is not { } order || Math.Min(version, order.Version) <= order.ConfirmedVersion)
            {
                return;
            }

            // A lost race is read again: whoever won it may have decided more, or confirmed more.
            if (await TrySaveAsync(loaded, order with { ConfirmedVersion = Math.Min(version, order.Version) }, cancellationToken))
            {
                return;
            }
        }
    }

    /// <summary>The few orders that a payment or a reference leads to: always one page.</summary>
    private async Task<OrderPage> ReadAllAsync(OrderQuery query, IEnumerable<OrderKey> keys, CancellationToken cancellationToken)
    {
        var orders = await Task.WhenAll(keys.Select(key => ReadAsync(key, cancellationToken).AsTask()));
        return new OrderPage([.. orders.OfType<Order>().Where(order => Matches(order, query)).OrderByDescending(CosmosOrderDocument.HeardAt)], null);
    }

    private static bool Matches(Order order, OrderQuery query)
    {
        var heardAt = CosmosOrderDocument.HeardAt(order);
        return (query.MachineId is not { } machineId || order.MachineId == machineId)
            && (query.Status is not { } status || order.Status == status)
            && (query.PaymentId is not { } payment || PaymentsOf(order).Contains(payment))
            && (query.From is not { } from || heardAt >= from)
            && (query.To is not { } to || heardAt < to);
    }

    private static QueryDefinition OfMachine(MachineId machineId, OrderQuery query)
    {
        var sql = new StringBuilder("SELECT * FROM c WHERE c.machineId = @machine");
        sql.Append(query.Status is null ? "" : " AND c.status = @status");
        sql.Append(query.From is null ? "" : " AND c.heardAt >= @from");
        sql.Append(query.To is null ? "" : " AND c.heardAt < @to");
        sql.Append(" ORDER BY c.heardAt DESC");
        return new QueryDefinition(sql.ToString())
            .WithParameter("@machine", machineId.Value)
            .WithParameter("@status", query.Status?.ToString())
            .WithParameter("@from", query.From?.ToUnixTimeMilliseconds())
            .WithParameter("@to", query.To?.ToUnixTimeMilliseconds());
    }

    private static IEnumerable<PaymentId> PaymentsOf(Order? order)
    {
        return order?.Envelopes.Select(envelope => envelope.Event.Body).OfType<OrderEvent.PaymentSucceeded>().Select(paid => paid.PaymentId).Distinct() ?? [];
    }
}
