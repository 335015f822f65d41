using PaymentMonitor.Azure;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>The orders in Cosmos DB. What a machine confirms is kept there, and then by the server, which pushes what it does not know to be confirmed.</summary>
internal sealed class SavedOrders(CosmosOrders cosmos, EmbeddedStore store) : IOrders
{
    public ValueTask<Order?> ReadAsync(OrderKey key, CancellationToken cancellationToken) => cosmos.ReadAsync(key, cancellationToken);

    public ValueTask<OrderPage> ListAsync(OrderQuery query, CancellationToken cancellationToken) => cosmos.ListAsync(query, cancellationToken);

    public ValueTask<IReadOnlyList<Order>> UnconfirmedAsync(MachineId machineId, CancellationToken cancellationToken) => cosmos.UnconfirmedAsync(machineId, cancellationToken);

    public async ValueTask<IReadOnlyList<Confirmation>> ConfirmAsync(MachineId machineId, IReadOnlyList<Confirmation> confirmed, CancellationToken cancellationToken)
    {
        var lost = await cosmos.ConfirmAsync(machineId, confirmed, cancellationToken);
        await store.Loop.WriteAsync(work => work.Confirm(machineId, confirmed), cancellationToken);
        return lost;
    }
}
