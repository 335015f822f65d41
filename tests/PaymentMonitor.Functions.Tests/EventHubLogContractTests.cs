using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;

namespace PaymentMonitor.Functions.Tests;

/// <summary>The log in Event Hubs with what works from it: ingest, entities, and orders in the Cosmos DB server.</summary>
public sealed class EventHubLogContractTests(CosmosServer server) : EventLogContract, IAsyncLifetime
{
    private TestApp? _app;

    protected override IEventLog Log => _app!.Log;

    protected override IOrders Orders => _app!.Orders;

    public async ValueTask InitializeAsync() => _app = await TestApp.StartAsync(server);

    public ValueTask DisposeAsync()
    {
        _app?.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override async Task<Order> OrderAsync(string machine, string order, Func<Order, bool> until)
    {
        await _app!.RunAsync();
        return await base.OrderAsync(machine, order, until);
    }
}
