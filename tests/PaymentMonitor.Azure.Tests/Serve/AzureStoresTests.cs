using System.Net.Http.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;
using PaymentMonitor.Testing;
using PaymentMonitor.Tests.Server;
using PaymentMonitor.Tests.Webhooks;

namespace PaymentMonitor.Azure.Tests;

/// <summary>The server with its orders in the Cosmos DB server, and blobs and the queue in Azurite.</summary>
public sealed class AzureStoresTests(CosmosServer cosmos, AzuriteServer azurite) : IAsyncLifetime
{
    private readonly CosmosWire _wire = new();
    private Database _database = null!;
    private string _storage = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private AzureStoresOptions Options => new("AccountEndpoint=http://127.0.0.1:1/;AccountKey=AAAA", _storage);

    public async ValueTask InitializeAsync()
    {
        _storage = await azurite.ConnectionAsync();
        _database = await cosmos.NewDatabaseAsync(_wire);
    }

    public ValueTask DisposeAsync()
    {
        _wire.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_sale_is_kept_in_Cosmos_DB_and_webhooks_are_told_of_it_through_the_queue()
    {
        await using var shop = await WebhookReceiver.StartAsync();
        await using var server = await StartAsync();
        using var subscribed = await server.Operator.PostAsJsonAsync("/api/webhooks", new { url = shop.Url }, Token);
        subscribed.EnsureSuccessStatusCode();
        await using var machine = await server.NewMachineAsync();

        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await machine.NextDecisionAsync()).Kind);
        await machine.SayAsync("o-1", new OrderEvent.ShipmentCompleted());
        Assert.Equal(DecisionKinds.TradeCompleted, (await machine.NextDecisionAsync()).Kind);

        var told = new List<string>();
        while (told.Distinct().Count() < 4)
        {
            told.Add((await shop.NextAsync()).Id);
        }

        var order = await new CosmosOrders(_database, TimeProvider.System).ReadAsync(Reports.Order1, Token);
        Assert.Equal(OrderStatus.Completed, order?.Status);
        Assert.Equal(["m-1/o-1/1", "m-1/o-1/2", "m-1/o-1/3", "m-1/o-1/4"], told.Distinct());
    }

    [Fact]
    public async Task What_a_machine_confirms_is_kept_in_Cosmos_DB()
    {
        await using var server = await StartAsync();
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));
        await machine.NextDecisionAsync();

        var order = await server.OrderAsync("m-1", "o-1", order => order["confirmedVersion"]!.GetValue<int>() == 1);

        Assert.Equal("ShipmentAllowed", order["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task While_Cosmos_DB_is_away_events_are_still_received_and_decided_when_it_is_back()
    {
        await using var server = await StartAsync();
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created());
        await SavedAsync("o-1");

        _wire.IsDown = true;
        await server.Services.GetRequiredService<IEventLog>().AppendAsync(Reports.Paid(Reports.Order1, TimeProvider.System.GetUtcNow()), Token);
        await UntilAsync(server, isWell: false);
        _wire.IsDown = false;

        Assert.Equal(DecisionKinds.ShipmentAllowed, (await machine.NextDecisionAsync()).Kind);
        await UntilAsync(server, isWell: true);
    }

    [Fact]
    public async Task What_cannot_count_is_set_aside_as_a_blob_that_the_API_shows()
    {
        await using var server = await StartAsync();
        await using var machine = await server.NewMachineAsync();

        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Created(amount: 999));

        await UntilAsync(async () => (await server.GetAsync("/api/dead-letters"))["items"]!.AsArray().Count == 1);
        var blobs = new BlobContainerClient(_storage, BlobDeadLetters.Container).GetBlobsAsync(cancellationToken: Token);
        Assert.Contains(SetAsideReasons.TermsChanged, await NamesAsync(blobs));
    }

    [Fact]
    public async Task A_server_that_starts_again_goes_on_where_it_was()
    {
        await using var server = await StartAsync();
        await using (var machine = await server.NewMachineAsync())
        {
            await machine.SayAsync("o-1", TestMachine.Created());
            await machine.SayAsync("o-2", TestMachine.Created());
            await SavedAsync("o-1");
            await SavedAsync("o-2");
        }

        await server.StopAsync();
        await server.StartAgainAsync(azure: Options);

        await using var again = await server.ConnectAsync("m-1", await server.RotateAsync("m-1"));
        await again.SayAsync("o-1", TestMachine.Paid("p-1"));
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await again.NextDecisionAsync()).Kind);
    }

    [Fact]
    public async Task An_order_is_woken_when_its_time_has_come()
    {
        await using var server = await StartAsync();
        await using var machine = await server.NewMachineAsync();

        await machine.SayAsync("o-1", TestMachine.Created(expiresIn: 1));

        Assert.Equal((DecisionKinds.TradeClosed, "expired"), await machine.NextDecisionAsync() is var closed ? (closed.Kind, closed.Reason) : default);
    }

    [Fact]
    public async Task A_folder_that_was_begun_one_way_is_not_gone_on_with_the_other()
    {
        await using var server = await StartAsync();
        await server.StopAsync();

        var away = await Assert.ThrowsAsync<StartupException>(() => server.StartAgainAsync());
        Assert.Equal("data-elsewhere", away.Name);
    }

    [Fact]
    public async Task Stores_that_cannot_be_reached_are_told_at_the_start()
    {
        var nobody = new ServeOptions { Data = Directory.CreateTempSubdirectory("paymentmonitor-tests-").FullName, Urls = "http://127.0.0.1:0", Quiet = true, AzureStores = Options with { Storage = "nonsense" } };

        var refusal = await Assert.ThrowsAsync<StartupException>(() => ServerApp.StartAsync(nobody, Token, builder => Adapt(builder.Services, replacesStorage: false)));

        Assert.Equal("stores-unreachable", refusal.Name);
        Directory.Delete(nobody.Data, recursive: true);
    }

    // A receipt means the log; the order comes a moment later.
    private Task SavedAsync(string order) => UntilAsync(async () =>
        await new CosmosOrders(_database, TimeProvider.System).ReadAsync(Reports.Key("m-1", order), Token) is { Status: OrderStatus.Created });

    private Task<TestServer> StartAsync() => TestServer.StartAsync(adapt: services => Adapt(services), azure: Options);

    // Over the wire that mends the npm server, and with a queue that no other test reads.
    private void Adapt(IServiceCollection services, bool replacesStorage = true)
    {
        services.AddSingleton(_database);
        services.AddSingleton(OrderOptions.Default with { AllowedLateness = TimeSpan.Zero });
        if (replacesStorage)
        {
            services.AddSingleton(new QueueClient(_storage, _database.Id));
        }
    }

    private static async Task<string> NamesAsync(IAsyncEnumerable<global::Azure.Storage.Blobs.Models.BlobItem> blobs)
    {
        var names = "";
        await foreach (var blob in blobs)
        {
            names += blob.Name + "\n";
        }

        return names;
    }

    private static Task UntilAsync(TestServer server, bool isWell) => UntilAsync(async () =>
    {
        using var answer = await server.Operator.GetAsync(new Uri("/healthz", UriKind.Relative), Token);
        return answer.IsSuccessStatusCode == isWell;
    });

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var guard = new CancellationTokenSource(TestServer.Guard);
        while (!await isSo())
        {
            await Task.Delay(20, guard.Token);
        }
    }
}
