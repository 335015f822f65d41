using System.Diagnostics.Metrics;
using Azure.Messaging.EventHubs;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Azure;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;

namespace PaymentMonitor.Functions.Tests;

/// <summary>
/// The Functions app as a process that dies at a chosen call and is started again, over services that live on. What the services
/// promise is kept to: a batch without an answer comes again, an operation of an entity that did not end is run again on the state
/// it had, and a machine without a receipt sends again.
/// </summary>
internal sealed class CrashingApp : IDisposable
{
    private readonly CosmosServer _server;
    private readonly string _database;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly InMemoryHub _hub = new();
    private readonly InMemoryBlobs _blobs = new();
    private readonly InMemoryEntities _entities;
    private readonly List<CosmosWire> _wires = [];
    private Instance _current;
    private int _consumed;
    private bool _cosmosIsAway;

    internal CrashingApp(CosmosServer server, string database, CrashPoint? crash)
    {
        (_server, _database) = (server, database);
        _entities = new InMemoryEntities(() => _current!.Entity(), Clock);
        _current = Start(crash);
    }

    internal FakeTimeProvider Clock { get; } = new(Reports.Noon);

    internal InMemoryWebPubSub WebPubSub { get; } = new();

    internal IReadOnlyCollection<string> DeadLetters => _blobs.Blobs.Keys;

    /// <summary>The calls of the first process.</summary>
    internal ExternalCalls Calls { get; private set; } = new(null);

    internal int Deaths { get; private set; }

    /// <summary>A machine reports until it has a receipt.</summary>
    internal async Task ReportAsync(params Report[] reports)
    {
        foreach (var report in reports)
        {
            await UntilDoneAsync(app => HasReceiptAsync(app, report));
        }
    }

    /// <summary>The hub refuses the next reports, as when it is throttled.</summary>
    internal void ThrottleHub(int times)
    {
        for (var i = 0; i < times; i++)
        {
            _hub.FailNext(new EventHubsException("orders", "Too many.", EventHubsException.FailureReason.ServiceBusy));
        }
    }

    /// <summary>Something gets into the log that nobody can read.</summary>
    internal void Poison(string machine) => _hub.Add(BinaryData.FromString("no event"), new Dictionary<string, object>(), machine);

    /// <summary>Cosmos DB answers nobody for so long, while time goes on and whatever is due is tried.</summary>
    internal async Task CosmosIsAwayAsync(TimeSpan duration)
    {
        _cosmosIsAway = true;
        _wires.ForEach(wire => wire.IsDown = true);
        await RunAsync();
        await AdvanceAsync(duration);
        _cosmosIsAway = false;
        _wires.ForEach(wire => wire.IsDown = false);
    }

    /// <summary>Consumes the log and runs the entities until neither has anything to do at this moment.</summary>
    internal async Task RunAsync()
    {
        do
        {
            var batch = _hub.Events.Skip(_consumed).ToArray();
            await UntilDoneAsync(app => app.Ingest.RunAsync(batch, new InMemoryDurable(_entities), CancellationToken.None));
            _consumed += batch.Length;
            while (_entities.NextDue() is { } signal)
            {
                await SurvivesAsync(_ => _entities.OperateAsync(signal));
            }
        }
        while (_consumed < _hub.Events.Count);
    }

    internal async Task AdvanceAsync(TimeSpan by)
    {
        var end = Clock.GetUtcNow() + by;
        while (_entities.Signals.Min(signal => signal.At) is { } next && next <= end)
        {
            Clock.SetUtcNow(next > Clock.GetUtcNow() ? next : Clock.GetUtcNow());
            await RunAsync();
        }

        Clock.SetUtcNow(end);
    }

    /// <summary>What the change feed does with the order as it is now.</summary>
    internal Task FeedAsync(OrderKey key)
    {
        return UntilDoneAsync(async app => await app.Push.SendAsync((await app.Orders.ReadAsync(key, CancellationToken.None))!, 0, CancellationToken.None));
    }

    internal async Task<Order> ReadAsync(OrderKey key) => (await _current.Orders.ReadAsync(key, CancellationToken.None))!;

    internal async Task<IReadOnlyList<Order>> FindAsync(PaymentId payment)
    {
        return (await _current.Orders.ListAsync(new OrderQuery(PaymentId: payment), CancellationToken.None)).Orders;
    }

    public void Dispose()
    {
        Assert.Empty(_entities.Thrown);
        _services.Dispose();
        _wires.ForEach(wire => wire.Dispose());
    }

    private static async Task HasReceiptAsync(Instance app, Report report)
    {
        while (true)
        {
            try
            {
                await app.Log.AppendAsync(report, CancellationToken.None);
                return;
            }
            catch (LogUnavailableException)
            {
                // The receipt says retry, and the machine does.
            }
        }
    }

    private async Task UntilDoneAsync(Func<Instance, Task> work)
    {
        while (!await SurvivesAsync(work))
        {
        }
    }

    private async Task<bool> SurvivesAsync(Func<Instance, Task> work)
    {
        var process = _current;
        var done = work(process);
        if (await Task.WhenAny(done, process.Calls.Died) == done)
        {
            await done;
            return true;
        }

        Deaths++;
        _current = Start(crash: null);
        return false;
    }

    private Instance Start(CrashPoint? crash)
    {
        var calls = new ExternalCalls(crash);
        if (Deaths == 0)
        {
            Calls = calls;
        }

        (_hub.Around, _blobs.Around, _entities.Around, WebPubSub.Around) = (calls.AroundAsync, calls.AroundAsync, calls.AroundAsync, calls.AroundAsync);
        var wire = new CosmosWire { Around = calls.AroundAsync, IsDown = _cosmosIsAway };
        _wires.Add(wire);
        return new Instance(this, _server.Open(_database, wire), calls);
    }

    /// <summary>One process of the app.</summary>
    private sealed class Instance(CrashingApp cloud, Database database, ExternalCalls calls)
    {
        private readonly RiskDesk _desk = new();
        private OrderEnrichment? _enrichment;

        internal ExternalCalls Calls => calls;

        internal CosmosOrders Orders { get; } = new(database, cloud.Clock);

        internal EventHubLog Log { get; } = new(cloud._hub, cloud.Clock);

        internal DecisionPush Push { get; } = new(new WebPubSubConnections(cloud.WebPubSub), cloud._services.GetRequiredService<IMeterFactory>(), cloud.Clock);

        internal Ingest Ingest { get; } = new(DeadLettersOf(cloud), cloud._services.GetRequiredService<IMeterFactory>(), cloud.Clock, NullLogger<Ingest>.Instance);

        private static BlobDeadLetters DeadLettersOf(CrashingApp cloud)
        {
            return new BlobDeadLetters(cloud._blobs, new DeadLetterCounter(cloud._services.GetRequiredService<IMeterFactory>()), cloud.Clock);
        }

        private OrderEnrichment NewEnrichment()
        {
            var meters = cloud._services.GetRequiredService<IMeterFactory>();
            var review = new RiskReview(_desk, OrderOptions.Default, Orders, Log, cloud.Clock, meters, NullLogger<RiskReview>.Instance);
            var coupons = new CouponDesk(new CosmosCoupons(database), Orders, new CouponMetrics(meters), cloud.Clock, NullLogger<CouponDesk>.Instance);
            return new OrderEnrichment(new RiskRegistry(new CosmosRiskBook(database), _desk, cloud.Clock), review, coupons);
        }

        internal OrderEntity Entity() => new(
            new OrderSteps(Orders, new OrderWorkflow(OrderOptions.Default, _desk), DeadLettersOf(cloud), cloud.Clock, NullLogger<OrderSteps>.Instance),
            _enrichment ??= NewEnrichment(),
            Push,
            Log,
            OrderEntityOptions.Default,
            cloud.Clock,
            NullLogger<OrderEntity>.Instance);
    }
}
