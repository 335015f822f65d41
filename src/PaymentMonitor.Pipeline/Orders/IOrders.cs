using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>The orders as the API, the machines' sync and the operators see them. Cosmos DB in Azure, SQLite embedded.</summary>
public interface IOrders
{
    ValueTask<Order?> ReadAsync(OrderKey key, CancellationToken cancellationToken);

    /// <summary>Orders that match every given condition, newest first; a page at a time.</summary>
    ValueTask<OrderPage> ListAsync(OrderQuery query, CancellationToken cancellationToken);

    /// <summary>The machine's orders with decisions that it has not confirmed, oldest first.</summary>
    ValueTask<IReadOnlyList<Order>> UnconfirmedAsync(MachineId machineId, CancellationToken cancellationToken);

    /// <summary>
    /// Moves the confirmed version of orders up, never down; versions that were never decided are ignored. It is no event: it
    /// raises no version and tells nobody.
    /// </summary>
    /// <returns>Those that are above all that was decided, or of orders that nobody has heard of: a machine has them from a store that has lost them since.</returns>
    ValueTask<IReadOnlyList<Confirmation>> ConfirmAsync(MachineId machineId, IReadOnlyList<Confirmation> confirmed, CancellationToken cancellationToken);
}

/// <param name="From">Created (first heard of) at or after.</param>
/// <param name="To">Created (first heard of) before.</param>
/// <param name="Limit">1 to 1,000 orders a page.</param>
/// <param name="Continuation">The token of the page before, or null for the first.</param>
public sealed record OrderQuery(
    MachineId? MachineId = null,
    OrderStatus? Status = null,
    PaymentId? PaymentId = null,
    PaymentReference? PaymentRef = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    int Limit = 100,
    string? Continuation = null);

public sealed record OrderPage(IReadOnlyList<Order> Orders, string? Continuation);
