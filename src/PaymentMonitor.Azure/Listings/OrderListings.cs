using Microsoft.Azure.Cosmos;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>
/// Which orders there are, for lists that name no machine. Fed from the change feed, so a moment behind. Orders that wait for
/// somebody have a list for each such status; all orders have one for the day on which they were first heard of.
/// </summary>
public sealed class OrderListings
{
    /// <summary>Longer than orders are kept.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(200);

    private static readonly OrderStatus[] Waiting = [OrderStatus.Unresolved, OrderStatus.RefundDue];

    private readonly DocumentSet<ListingDocument> _listings;

    public OrderListings(Database database)
    {
        ArgumentNullException.ThrowIfNull(database);
        _listings = new DocumentSet<ListingDocument>(database.GetContainer(CosmosDatabase.Attention), AzureJson.Default.ListingDocument);
    }

    /// <summary>Enters an order as it was saved. Doing it again, or with an older state before a newer one, ends in the same lists.</summary>
    public async Task EnterAsync(Order order, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(order);
        var day = ListingDocument.Of(order, ListingCursor.DayOf(CosmosOrderDocument.HeardAt(order)), KeptFor);
        var writes = new List<Task> { _listings.TryCreateAsync(day, day.Kind, cancellationToken) };
        foreach (var status in Waiting)
        {
            if (order.Status == status)
            {
                writes.Add(_listings.UpsertAsync(ListingDocument.Of(order, status.ToString()), status.ToString(), cancellationToken));
            }
            else if (HasWaited(order))
            {
                writes.Add(_listings.DeleteAsync(ListingDocument.IdOf(order), status.ToString(), cancellationToken));
            }
        }

        await Task.WhenAll(writes);
    }

    /// <summary>One page of one list, newest first.</summary>
    internal Task<Page<ListingDocument>> QueryAsync(ListingCursor cursor, OrderQuery query, int limit, CancellationToken cancellationToken)
    {
        var sql = "SELECT * FROM c WHERE c.kind = @kind"
            + (query.From is null ? "" : " AND c.heardAt >= @from")
            + (query.To is null ? "" : " AND c.heardAt < @to")
            + " ORDER BY c.heardAt DESC";
        var definition = new QueryDefinition(sql)
            .WithParameter("@kind", cursor.Kind)
            .WithParameter("@from", query.From?.ToUnixTimeMilliseconds())
            .WithParameter("@to", query.To?.ToUnixTimeMilliseconds());
        return _listings.QueryAsync(definition, cursor.Kind, limit, cursor.Continuation, cancellationToken);
    }

    /// <summary>Whether it can stand in a list of those that wait: a plain sale never does, and nothing has to be removed for it.</summary>
    private static bool HasWaited(Order order)
    {
        return order.Decisions.Any(decision => decision.Kind is DecisionKinds.RefundDue or DecisionKinds.TradeClosed)
            || order.Notices.Any(notice => notice.Type == NoticeTypes.OrderUnresolved)
            || order.Envelopes.Any(envelope => envelope.Event.Body is OrderEvent.ShipmentFailed)
            || CosmosOrders.PaymentsOf(order).Skip(1).Any();
    }
}
