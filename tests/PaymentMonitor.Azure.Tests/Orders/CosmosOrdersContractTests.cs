using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;

namespace PaymentMonitor.Azure.Tests;

/// <summary>The orders in Cosmos DB, saved as the entity saves them and listed as the change feed would have them listed.</summary>
public sealed class CosmosOrdersContractTests(CosmosServer server) : OrdersContract, IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(Reports.Noon);
    private CosmosOrders? _orders;
    private SavingLog? _log;
    private CosmosPaymentReferences? _references;

    protected override IEventLog Log => _log!;

    protected override IOrders Orders => _orders!;

    protected override IPaymentReferences References => _references!;

    protected override DateTimeOffset Now => _clock.GetUtcNow();

    public async ValueTask InitializeAsync()
    {
        var database = await server.NewDatabaseAsync();
        _orders = new CosmosOrders(database, _clock);
        _references = new CosmosPaymentReferences(database);
        _log = new SavingLog(_orders, new OrderListings(database), _clock);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override void Advance(TimeSpan time) => _clock.Advance(time);

    /// <summary>Works each report at once, in the place of hub, entity and feed.</summary>
    private sealed class SavingLog(CosmosOrders orders, OrderListings listings, TimeProvider time) : IEventLog
    {
        private readonly OrderWorkflow _workflow = new(OrderOptions.Default);

        public async ValueTask AppendAsync(Report report, CancellationToken cancellationToken)
        {
            var loaded = await orders.LoadAsync(new OrderKey(report.MachineId, report.Event.OrderId), cancellationToken);
            var envelope = EventTime.Stamp(report.Event, report.Source, report.MachineId, time.GetUtcNow(), _workflow.Options);
            var order = _workflow.Work(loaded.Order, envelope).Order;
            Assert.True(await orders.TrySaveAsync(loaded, order, cancellationToken));
            await listings.EnterAsync(order, cancellationToken);
        }
    }
}
