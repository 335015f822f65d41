using System.Text.Json;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.Logging.Abstractions;
using PaymentMonitor.Azure;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;
using static PaymentMonitor.Testing.Reports;

namespace PaymentMonitor.Functions.Tests;

/// <summary>What follows from a changed order: the feed is given by the test, as the stored documents are at that moment.</summary>
public sealed class FeedTests(CosmosServer server)
{
    private static readonly OrderKey Order2 = Key("m-2", "o-2");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_decision_is_told_from_the_document_though_nobody_pushed_it_when_it_was_made()
    {
        using var app = await TestApp.StartAsync(server);
        app.WebPubSub.IsDown = true;
        await app.ReportAsync(Created(Order1, Noon), Paid(Order1, Noon));
        await app.RunAsync();
        app.WebPubSub.IsDown = false;

        await NotifyAsync(app, await DocumentAsync(app, Order1));

        Assert.Contains("\"kind\":\"shipment.allowed\"", Assert.Single(app.WebPubSub.Sent).Json);
    }

    [Fact]
    public async Task What_is_confirmed_or_has_run_out_is_not_told_again()
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(Created(Order1, Noon), Paid(Order1, Noon), Created(Order2, Noon), Paid(Order2, Noon, "p-2"));
        await app.RunAsync();
        await app.Orders.ConfirmAsync(Order1.MachineId, [new Confirmation(Order1.OrderId, 1)], Stop);
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        app.WebPubSub.Sent.Clear();

        await NotifyAsync(app, await DocumentAsync(app, Order1), await DocumentAsync(app, Order2));

        Assert.Empty(app.WebPubSub.Sent);
    }

    [Fact]
    public async Task A_document_that_cannot_be_read_is_set_aside_and_holds_up_nothing()
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(Created(Order1, Noon), Paid(Order1, Noon));
        await app.RunAsync();
        app.WebPubSub.Sent.Clear();

        await NotifyAsync(app, JsonElement.Parse("""{"machineId":"m-9","id":"o-9","_ts":7,"schemaVersion":99}"""), await DocumentAsync(app, Order1));

        Assert.Single(app.WebPubSub.Sent);
        Assert.Equal("unreadable-order/2026/11/23/m-9-o-9-7.json", Assert.Single(app.Blobs.Blobs.Keys));
    }

    [Fact]
    public async Task A_batch_in_which_something_failed_fails_so_that_it_comes_again()
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(Created(Order1, Noon), Paid(Order1, Noon));
        await app.RunAsync();
        app.WebPubSub.IsDown = true;
        var document = await DocumentAsync(app, Order1);

        await Assert.ThrowsAsync<AggregateException>(() => NotifyAsync(app, document));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Decisions_go_into_their_hub_under_an_id_by_which_a_repeat_is_known(bool isOn)
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(Created(Order1, Noon), Paid(Order1, Noon), Shipped(Order1, Noon));
        await app.RunAsync();
        await using var decisions = new InMemoryHub();
        var publish = new PublishDecisions(Changed(app), HttpApp.SettingsWith(("Decisions:publish", isOn ? "true" : "false")), decisions);

        await publish.RunAsync([await DocumentAsync(app, Order1)], Stop);

        Assert.Equal(isOn ? ["m-1/o-1/1", "m-1/o-1/2"] : [], decisions.MessageIds);
        Assert.All(decisions.Events, published => Assert.Equal("m-1", published.PartitionKey));
        Assert.All(decisions.Events, published => Assert.Contains("\"type\":\"decision\"", published.EventBody.ToString()));
    }

    [Fact]
    public async Task An_order_that_waits_for_a_person_is_listed_until_it_does_not()
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(Paid(Order1, Noon));
        await app.RunAsync();
        await app.AdvanceAsync(TimeSpan.FromMinutes(20));
        await AttendAsync(app, Order1);
        Assert.Equal(["o-1"], await ListAsync(app, new OrderQuery(Status: OrderStatus.Unresolved)));

        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();
        await AttendAsync(app, Order1);

        Assert.NotEqual(OrderStatus.Unresolved, (await app.ReadOrderAsync()).Status);
        Assert.Empty(await ListAsync(app, new OrderQuery(Status: OrderStatus.Unresolved)));
        var listings = app.Database.GetContainer(CosmosDatabase.Attention);
        using var entry = await listings.ReadItemStreamAsync("m-1:o-1", new PartitionKey("Unresolved"), cancellationToken: Stop);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, entry.StatusCode);
    }

    [Fact]
    public async Task Orders_of_all_machines_are_listed_over_several_days()
    {
        using var app = await TestApp.StartAsync(server);
        foreach (var n in Enumerable.Range(1, 4))
        {
            await app.ReportAsync(Created(Key($"m-{n}", $"o-{n}"), app.Clock.GetUtcNow()));
            await app.RunAsync();
            await AttendAsync(app, Key($"m-{n}", $"o-{n}"));
            app.Clock.Advance(TimeSpan.FromDays(2));
        }

        Assert.Equal(["o-4", "o-3", "o-2", "o-1"], await ListAsync(app, new OrderQuery(Limit: 1)));
        Assert.Equal(["o-3", "o-2"], await ListAsync(app, new OrderQuery(From: Noon.AddDays(1), To: Noon.AddDays(5))));
    }

    private static async Task<List<string>> ListAsync(TestApp app, OrderQuery query)
    {
        var listed = new List<string>();
        do
        {
            var page = await app.Orders.ListAsync(query, Stop);
            Assert.InRange(page.Orders.Count, 0, query.Limit);
            listed.AddRange(page.Orders.Select(order => order.OrderId.Value));
            query = query with { Continuation = page.Continuation };
        }
        while (query.Continuation is not null);
        return listed;
    }

    private static async Task<JsonElement> DocumentAsync(TestApp app, OrderKey key)
    {
        using var response = await app.Database.GetContainer(CosmosDatabase.Orders).ReadItemStreamAsync(key.OrderId.Value, new PartitionKey(key.MachineId.Value), cancellationToken: Stop);
        using var document = await JsonDocument.ParseAsync(response.Content, cancellationToken: Stop);
        return document.RootElement.Clone();
    }

    private static Task NotifyAsync(TestApp app, params JsonElement[] documents)
    {
        return new NotifyMachines(Changed(app), app.Push, app.Clock).RunAsync(documents, Stop);
    }

    private static async Task AttendAsync(TestApp app, OrderKey key)
    {
        await new Attention(Changed(app), new OrderListings(app.Database)).RunAsync([await DocumentAsync(app, key)], Stop);
    }

    private static ChangedOrders Changed(TestApp app) => new(app.DeadLetters, NullLogger<ChangedOrders>.Instance);
}
