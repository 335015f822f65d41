using System.Diagnostics.Metrics;
using System.Text.Json;
using Azure.Storage.Queues;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using PaymentMonitor.Azure;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;
using PaymentMonitor.Tests.Webhooks;
using static PaymentMonitor.Testing.Reports;

namespace PaymentMonitor.Functions.Tests;

/// <summary>From the change feed over the queue to a receiver over HTTP.</summary>
public sealed class WebhookTests(CosmosServer server, AzuriteServer azurite)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_changed_order_is_told_to_who_wants_to_know_in_order_and_once()
    {
        using var app = await TestApp.StartAsync(server);
        await using var shop = await WebhookReceiver.StartAsync();
        await using var hooks = await WebhooksAsync(app);
        var added = Assert.IsType<WebhookAnswer.Done>(await hooks.Registry.AddAsync(new WebhookTerms(shop.Url.AbsoluteUri), Stop));
        await SellAsync(app);

        await hooks.QueueAsync(app);
        var message = Assert.Single(await hooks.TakeAsync());
        await hooks.Deliver.RunAsync(message, Stop);
        await hooks.Deliver.RunAsync(message, Stop);

        var told = await shop.NextAsync(4);
        Assert.Equal(["m-1/o-1/1", "m-1/o-1/2", "m-1/o-1/3", "m-1/o-1/4"], told.Select(delivery => delivery.Id));
        Assert.All(told, delivery => Assert.True(delivery.IsSignedBy(added.Secret!, app.Clock.GetUtcNow())));
        Assert.False(shop.HasMore);
        Assert.Empty(await hooks.TakeAsync());
        Assert.Equal(4, (await hooks.Log.ListAsync(new AttemptQuery(added.Endpoint.Id), Stop)).Attempts.Count);
    }

    [Fact]
    public async Task What_was_not_taken_comes_again_with_a_message_of_its_own()
    {
        using var app = await TestApp.StartAsync(server);
        await using var shop = await WebhookReceiver.StartAsync();
        await using var hooks = await WebhooksAsync(app);
        await hooks.Registry.AddAsync(new WebhookTerms(shop.Url.AbsoluteUri), Stop);
        await SellAsync(app);
        shop.Then(500);

        await hooks.QueueAsync(app);
        var message = Assert.Single(await hooks.TakeAsync());
        await hooks.Deliver.RunAsync(message, Stop);

        Assert.Equal("m-1/o-1/1", (await shop.NextAsync()).Id);
        Assert.Equal(1, await hooks.CountAsync());
        app.Clock.Advance(TimeSpan.FromSeconds(6));
        await hooks.Deliver.RunAsync(message, Stop);
        Assert.Equal(["m-1/o-1/1", "m-1/o-1/2", "m-1/o-1/3", "m-1/o-1/4"], (await shop.NextAsync(4)).Select(delivery => delivery.Id));
    }

    [Fact]
    public async Task What_came_while_an_endpoint_was_disabled_comes_when_it_is_enabled()
    {
        using var app = await TestApp.StartAsync(server);
        await using var shop = await WebhookReceiver.StartAsync();
        await using var hooks = await WebhooksAsync(app);
        var added = Assert.IsType<WebhookAnswer.Done>(await hooks.Registry.AddAsync(new WebhookTerms(shop.Url.AbsoluteUri), Stop));
        await hooks.Registry.DisableAsync(added.Endpoint.Id, Stop);
        await SellAsync(app);
        await hooks.QueueAsync(app);
        await hooks.Deliver.RunAsync(Assert.Single(await hooks.TakeAsync()), Stop);
        Assert.False(shop.HasMore);

        await hooks.Registry.EnableAsync(added.Endpoint.Id, skipWaiting: false, Stop);
        await hooks.Deliver.RunAsync(Assert.Single(await hooks.TakeAsync()), Stop);

        Assert.Equal(4, (await shop.NextAsync(4)).Count);
    }

    [Fact]
    public async Task An_endpoint_that_does_not_answer_has_only_its_own_places()
    {
        var room = new WebhookRoom(places: 2);

        using var first = room.Enter("ep_1");
        using (var second = room.Enter("ep_1"))
        {
            Assert.NotNull(second);
            Assert.Null(room.Enter("ep_1"));
            Assert.NotNull(room.Enter("ep_2"));
        }

        Assert.NotNull(room.Enter("ep_1"));
        using var app = await TestApp.StartAsync(server);
        await using var hooks = await WebhooksAsync(app, new WebhookRoom(places: 0));
        await hooks.Deliver.RunAsync("""{"endpointId":"ep_1","machineId":"m-1","orderId":"o-1"}""", Stop);
        Assert.Equal(1, await hooks.CountAsync());
    }

    private static async Task SellAsync(TestApp app)
    {
        await app.ReportAsync(Created(Order1, Noon), Paid(Order1, Noon), Shipped(Order1, Noon));
        await app.RunAsync();
    }

    private async Task<Webhooks> WebhooksAsync(TestApp app, WebhookRoom? room = null)
    {
        var queue = (await azurite.QueuesAsync()).GetQueueClient($"webhooks-{Guid.NewGuid():n}");
        await queue.CreateAsync(cancellationToken: Stop);
        return new Webhooks(app, queue, room ?? new WebhookRoom());
    }

    /// <summary>The functions of webhooks with their stores, as the application composes them.</summary>
    private sealed class Webhooks : IAsyncDisposable
    {
        private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        private readonly CosmosWebhookEndpoints _endpoints;
        private readonly CosmosWebhookCursors _cursors;
        private readonly WebhookSender _sender;
        private readonly QueueClient _queue;

        internal Webhooks(TestApp app, QueueClient queue, WebhookRoom room)
        {
            Assert.True(SecretBox.TryParse(SecretBox.NewKey(), out var box));
            var options = new WebhookOptions { AllowPrivate = true };
            var metrics = new WebhookMetrics(_services.GetRequiredService<IMeterFactory>());
            _queue = queue;
            _endpoints = new CosmosWebhookEndpoints(app.Database, app.Clock);
            _cursors = new CosmosWebhookCursors(app.Database, queue, app.Clock);
            _sender = new WebhookSender(box, options, app.Clock);
            var health = new EndpointHealth(_endpoints, options, metrics, app.Clock, NullLogger<EndpointHealth>.Instance);
            var delivery = new WebhookDelivery(_endpoints, _cursors, app.Orders, _sender, health, metrics, app.Clock, NullLogger<WebhookDelivery>.Instance);
            Registry = new WebhookRegistry(_endpoints, _cursors, app.Orders, box, _sender, options, app.Clock);
            Deliver = new DeliverWebhook(new QueuedDelivery(room, delivery, _cursors));
            Log = new CosmosWebhookLog(app.Database);
        }

        internal WebhookRegistry Registry { get; }

        internal DeliverWebhook Deliver { get; }

        internal CosmosWebhookLog Log { get; }

        internal async Task QueueAsync(TestApp app)
        {
            using var response = await app.Database.GetContainer(CosmosDatabase.Orders).ReadItemStreamAsync("o-1", new PartitionKey("m-1"), cancellationToken: Stop);
            using var document = await JsonDocument.ParseAsync(response.Content, cancellationToken: Stop);
            var changed = new ChangedOrders(app.DeadLetters, NullLogger<ChangedOrders>.Instance);
            await new QueueWebhooks(changed, _endpoints, _cursors).RunAsync([document.RootElement.Clone()], Stop);
        }

        /// <summary>The messages that are visible now.</summary>
        internal async Task<List<string>> TakeAsync()
        {
            var taken = await _queue.ReceiveMessagesAsync(maxMessages: 32, cancellationToken: Stop);
            foreach (var message in taken.Value)
            {
                await _queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Stop);
            }

            return [.. taken.Value.Select(message => message.MessageText)];
        }

        /// <summary>Those that are not visible yet included.</summary>
        internal async Task<int> CountAsync() => (await _queue.GetPropertiesAsync(Stop)).Value.ApproximateMessagesCount;

        public async ValueTask DisposeAsync()
        {
            _sender.Dispose();
            await _services.DisposeAsync();
        }
    }
}
