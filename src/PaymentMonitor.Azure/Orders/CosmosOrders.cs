using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Azure.Cosmos;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>
/// Orders in Cosmos DB, a document each, in the partition of their machine. One conditional write is the whole transaction of an
/// order; what leads to it from a payment id, and when it is due, is written before it, so that neither is ever missing and at worst
/// leads nowhere.
/// </summary>
public sealed class CosmosOrders : IOrders
{
    /// <summary>How far back a list goes that names neither a machine nor a beginning.</summary>
    private static readonly TimeSpan ListedFor = TimeSpan.FromDays(92);

    /// <summary>How many orders one page looks at; a day without any counts as ten.</summary>
    private const int LookedAtMax = 2_000;

    /// <summary>Orders of a day that are read at the same time.</summary>
    private const int DayPage = 64;

    private readonly DocumentSet<Order> _orders;
    private readonly DocumentSet<LookupDocument> _lookups;
    private readonly CosmosPaymentReferences _references;
    private readonly OrderListings _listings;
    private readonly DueOrders _due;
    private readonly TimeProvider _time;

    public CosmosOrders(Database database, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(database);
        _time = time;
        _listings = new OrderListings(database);
        _due = new DueOrders(database);
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
        var before = lookups.Select(lookup => (Task)_lookups.TryCreateAsync(lookup, lookup.Key, cancellationToken));
        if (order.Due is { } due && due != loaded.Order?.Due)
        {
            before = before.Append(_due.SetAsync(loaded.Key, due, lookAt: due, cancellationToken));
        }

        await Task.WhenAll(before);
        var (id, partition) = (loaded.Key.OrderId.Value, loaded.Key.MachineId.Value);
        return loaded.ETag is { } etag
            ? await _orders.TryReplaceAsync(order, id, partition, etag, cancellationToken)
            : await _orders.TryCreateAsync(order, partition, cancellationToken);
    }

    public async ValueTask<Order?> ReadAsync(OrderKey key, CancellationToken cancellationToken) => (await LoadAsync(key, cancellationToken)).Order;

    /// <exception cref="FormatException">The continuation is not one that a page gave.</exception>
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
            return await ListAllAsync(query, cancellationToken);
        }

        try
        {
            var page = await _orders.QueryAsync(OfMachine(machineId, query), machineId.Value, query.Limit, query.Continuation, cancellationToken);
            return new OrderPage(page.Documents, page.Continuation);
        }
        catch (CosmosException e) when (e.StatusCode == HttpStatusCode.BadRequest && query.Continuation is not null)
        {
            throw new FormatException("The continuation is not one of ours.", e);
        }
    }

    /// <summary>
    /// Orders of all machines, from the lists. A page looks at a bounded number of orders and days, whatever they hold, so it may have
    /// fewer orders than asked for, or none, and still go on.
    /// </summary>
    private async Task<OrderPage> ListAllAsync(OrderQuery query, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var oldest = query.From ?? now - ListedFor;
        var found = new List<Order>();
        var cursor = ListingCursor.First(query, now);
        for (var looked = 0; ;)
        {
            var page = await _listings.QueryAsync(cursor, query, query.Limit - found.Count, cancellationToken);
            var orders = await Task.WhenAll(page.Documents.Select(listed => ReadAsync(listed.Order, cancellationToken).AsTask()));
            found.AddRange(orders.OfType<Order>().Where(order => Matches(order, query)));
            looked += page.Documents.Count + 10;
            if ((page.Continuation is { } more ? cursor with { Continuation = more } : cursor.Earlier(oldest)) is not { } next)
            {
                return new OrderPage(found, null);
            }

            if (found.Count == query.Limit || looked >= LookedAtMax)
            {
                return new OrderPage(found, next.ToString());
            }

            cursor = next;
        }
    }

    public async ValueTask<IReadOnlyList<Order>> UnconfirmedAsync(MachineId machineId, CancellationToken cancellationToken)
    {
        var query = new QueryDefinition("SELECT * FROM c WHERE c.machineId = @machine AND c.unconfirmed = true ORDER BY c.heardAt")
            .WithParameter("@machine", machineId.Value);
        return await _orders.QueryAllAsync(query, machineId.Value, cancellationToken);
    }

    /// <summary>The orders that were first heard of on a day (UTC), by the lists.</summary>
    public async IAsyncEnumerable<Order> OfDayAsync(DateOnly day, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var kind = ListingCursor.DayOf(new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero));
        string? continuation = null;
        do
        {
            var page = await _listings.QueryAsync(new ListingCursor(kind, continuation), new OrderQuery(), DayPage, cancellationToken);
            foreach (var order in await Task.WhenAll(page.Documents.Select(listed => ReadAsync(listed.Order, cancellationToken).AsTask())))
            {
                if (order is not null)
                {
                    yield return order;
                }
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    public async ValueTask<IReadOnlyList<Confirmation>> ConfirmAsync(MachineId machineId, IReadOnlyList<Confirmation> confirmed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(confirmed);
        var isLost = await Task.WhenAll(confirmed.Select(one => ConfirmAsync(new OrderKey(machineId, one.OrderId), one.Version, cancellationToken)));
        return [.. confirmed.Where((_, i) => isLost[i])];
    }

    /// <returns>Whether it is above all that was decided.</returns>
    private async Task<bool> ConfirmAsync(OrderKey key, int version, CancellationToken cancellationToken)
    {
        while (true)
        {
            var loaded = await LoadAsync(key, cancellationToken);
            if (version > (loaded.Order?.Version ?? 0))
            {
                return true;
            }

            var order = loaded.Order!;
            if (order.Confirmed(version) is var confirmed && ReferenceEquals(confirmed, order))
            {
                return false;
            }

            // A lost race is read again: whoever won it may have decided more, or confirmed more.
            if (await TrySaveAsync(loaded, confirmed, cancellationToken))
            {
                return false;
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

    internal static IEnumerable<PaymentId> PaymentsOf(Order? order)
    {
        return order?.Envelopes.Select(envelope => envelope.Event.Body).OfType<OrderEvent.PaymentSucceeded>().Select(paid => paid.PaymentId).Distinct() ?? [];
    }
}
