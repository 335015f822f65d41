using System.Diagnostics.Metrics;
using Microsoft.Azure.Cosmos;
using Microsoft.DurableTask.Client.Entities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Azure;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;

namespace PaymentMonitor.Functions.Tests;

/// <summary>
/// The Functions app with its hub, its entities, its pushes and its blobs in memory, and its orders in the Cosmos DB server, over a
/// wire that tests can break. The clock is the test's.
/// </summary>
internal sealed class TestApp : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Ingest _ingest;
    private int _consumed;

    private readonly Func<OrderEntity> _newEntity;

    private TestApp(Database database, CosmosWire wire, OrderEntityOptions options, OrderOptions rules, TimeProvider? time, TestApp? beside)
    {
        time ??= Clock;
        (Hub, Blobs, WebPubSub) = beside is null ? (new(), new(), new()) : (beside.Hub, beside.Blobs, beside.WebPubSub);
        var orders = new CosmosOrders(database, time);
        (Database, Orders, Wire) = (database, orders, wire);
        Log = new EventHubLog(Hub, time);
        DeadLetters = new BlobDeadLetters(Blobs, new DeadLetterCounter(_services.GetRequiredService<IMeterFactory>()), time);
        Push = new DecisionPush(new WebPubSubConnections(WebPubSub), _services.GetRequiredService<IMeterFactory>(), time);
        var desk = new RiskDesk();
        var workflow = new OrderWorkflow(rules, desk);
        Risk = new RiskRegistry(new CosmosRiskBook(database), desk, time);
        Coupons = new CosmosCoupons(database);
        var review = new RiskReview(desk, rules, orders, Log, time, _services.GetRequiredService<IMeterFactory>(), NullLogger<RiskReview>.Instance);
        var enrichment = new OrderEnrichment(Risk, review, new CouponDesk(Coupons, orders, new CouponMetrics(_services.GetRequiredService<IMeterFactory>()), time, NullLogger<CouponDesk>.Instance));
        var steps = new OrderSteps(orders, workflow, DeadLetters, time, NullLogger<OrderSteps>.Instance);
        _newEntity = () => new OrderEntity(steps, enrichment, Push, Log, options, time, NullLogger<OrderEntity>.Instance);
        Entities = new InMemoryEntities(_newEntity, time);
        _ingest = new Ingest(DeadLetters, _services.GetRequiredService<IMeterFactory>(), time, NullLogger<Ingest>.Instance);
    }

    internal FakeTimeProvider Clock { get; } = new(Reports.Noon);

    internal InMemoryHub Hub { get; }

    internal InMemoryBlobs Blobs { get; }

    internal InMemoryWebPubSub WebPubSub { get; }

    internal InMemoryEntities Entities { get; }

    internal EventHubLog Log { get; }

    internal BlobDeadLetters DeadLetters { get; }

    internal DecisionPush Push { get; }

    internal Database Database { get; }

    internal CosmosOrders Orders { get; }

    internal RiskRegistry Risk { get; }

    internal CosmosCoupons Coupons { get; }

    internal CosmosWire Wire { get; }

    /// <param name="time">The real clock, where something else runs by it; the test's own if left out.</param>
    /// <param name="beside">Another instance of the same app: the services are its.</param>
    internal static async Task<TestApp> StartAsync(
        CosmosServer server, OrderEntityOptions? options = null, OrderOptions? rules = null, TimeProvider? time = null, TestApp? beside = null)
    {
        var wire = new CosmosWire();
        var database = beside is null ? await server.NewDatabaseAsync(wire) : server.Open(beside.Database.Id, wire);
        return new TestApp(database, wire, options ?? OrderEntityOptions.Default, rules ?? OrderOptions.Default, time, beside);
    }

    internal OrderEntity NewEntity() => _newEntity();

    internal async Task ReportAsync(params Report[] reports)
    {
        foreach (var report in reports)
        {
            await Log.AppendAsync(report, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Consumes the log and runs the entities until neither has anything to do at this moment.</summary>
    internal async Task RunAsync()
    {
        do
        {
            var from = _consumed;
            _consumed = Hub.Events.Count;
            await IngestAsync(from.._consumed);
            await Entities.RunAsync();
        }
        while (_consumed < Hub.Events.Count);
    }

    /// <summary>Gives the trigger a batch, whatever it has seen before.</summary>
    internal async Task IngestAsync(Range batch, DurableEntityClient? entities = null)
    {
        await _ingest.RunAsync(Hub.Take(batch), new InMemoryDurable(entities ?? Entities), TestContext.Current.CancellationToken);
    }

    /// <summary>Moves the clock through every moment at which something is due, and runs what is.</summary>
    internal async Task AdvanceAsync(TimeSpan by)
    {
        var end = Clock.GetUtcNow() + by;
        while (Entities.Signals.Min(signal => signal.At) is { } next && next <= end)
        {
            Clock.SetUtcNow(next > Clock.GetUtcNow() ? next : Clock.GetUtcNow());
            await RunAsync();
        }

        Clock.SetUtcNow(end);
    }

    internal async Task<Order> ReadOrderAsync()
    {
        var order = await Orders.ReadAsync(Reports.Order1, TestContext.Current.CancellationToken);
        Assert.NotNull(order);
        return order;
    }

    public void Dispose()
    {
        Assert.Empty(Entities.Thrown);
        _services.Dispose();
        Wire.Dispose();
    }
}
