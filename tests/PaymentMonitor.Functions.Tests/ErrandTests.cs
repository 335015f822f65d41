using System.Text.Json;
using Azure.Storage.Queues;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PaymentMonitor.Azure;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;
using static PaymentMonitor.Testing.Reports;

namespace PaymentMonitor.Functions.Tests;

/// <summary>
/// What orders want of the payment provider goes through a queue of Azurite. The provider is busy and says so: what it does otherwise is
/// tested with the desk. It answers over real HTTP, and with what is not tried again at once: the waits between such tries go by the
/// test's clock, which stands still.
/// </summary>
public sealed class ErrandTests(CosmosServer server, AzuriteServer azurite) : IAsyncLifetime
{
    private readonly WebApplication _provider = BusyProvider();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_refund_that_is_due_goes_into_the_queue_and_stays_until_it_is_done()
    {
        using var app = await TestApp.StartAsync(server);
        var queues = await EmptyQueuesAsync();
        var order = await OwingAsync(app);
        var desk = Desk(app);

        await QueueAsync(app, queues, desk);
        var message = Assert.Single(await TakeAsync(queues));
        await new RunErrand(app.Orders, new ErrandQueue(queues), desk).RunAsync(message, Stop);

        var errand = JsonSerializer.Deserialize(message, ErrandJson.Default.Errand)!;
        Assert.Equal((Order1, order.Envelopes.Length, 0), (errand.Order, errand.Envelopes, errand.Attempts));

        // The next look is there, and not visible before its time.
        Assert.Empty(await TakeAsync(queues));
        Assert.Equal(1, await CountAsync(queues));
    }

    [Fact]
    public async Task A_message_about_an_order_that_has_moved_on_or_wants_nothing_ends_there()
    {
        using var app = await TestApp.StartAsync(server);
        var queues = await EmptyQueuesAsync();
        var order = await OwingAsync(app);
        var run = new RunErrand(app.Orders, new ErrandQueue(queues), Desk(app));

        await run.RunAsync(Message(Errand.Of(order) with { Envelopes = order.Envelopes.Length - 1 }), Stop);
        await run.RunAsync(Message(Errand.Of(order) with { OrderId = OrderId.Parse("o-unknown") }), Stop);

        Assert.Equal(0, await CountAsync(queues));
    }

    [Fact]
    public async Task A_bad_time_for_Cosmos_DB_costs_a_message_nothing_but_time()
    {
        using var app = await TestApp.StartAsync(server);
        var queues = await EmptyQueuesAsync();
        var order = await OwingAsync(app);
        app.Wire.IsDown = true;

        await new RunErrand(app.Orders, new ErrandQueue(queues), Desk(app)).RunAsync(Message(Errand.Of(order)), Stop);

        Assert.Equal(1, await CountAsync(queues));
    }

    [Fact]
    public async Task Without_a_provider_nothing_is_queued_or_asked()
    {
        using var app = await TestApp.StartAsync(server);
        var queues = await EmptyQueuesAsync();
        var order = await OwingAsync(app);

        await QueueAsync(app, queues, desk: null);
        await new RunErrand(app.Orders, new ErrandQueue(queues)).RunAsync(Message(Errand.Of(order)), Stop);

        Assert.Equal(0, await CountAsync(queues));
    }

    public async ValueTask InitializeAsync() => await _provider.StartAsync(Stop);

    public ValueTask DisposeAsync() => _provider.DisposeAsync();

    private static WebApplication BusyProvider()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var provider = builder.Build();
        provider.Run(context =>
        {
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            context.Response.Headers.RetryAfter = "7";
            return Task.CompletedTask;
        });
        return provider;
    }

    private static string Message(Errand errand) => JsonSerializer.Serialize(errand, ErrandJson.Default.Errand);

    private static async Task<Order> OwingAsync(TestApp app)
    {
        await app.ReportAsync(Created(Order1, Noon, "qr", "R-1"), ByProvider("p-1"), ByProvider("p-2"), Shipped(Order1, Noon));
        await app.RunAsync();
        await app.AdvanceAsync(TimeSpan.FromSeconds(10));
        var order = await app.ReadOrderAsync();
        Assert.Equal(ProviderErrands.Refund, order.Errands);
        return order;
    }

    private static Report ByProvider(string payment)
    {
        return Of(Order1, $"paid-{payment}", new OrderEvent.PaymentSucceeded(PaymentId.Parse(payment), 500), Noon, EventSource.Provider);
    }

    private static async Task QueueAsync(TestApp app, QueueServiceClient queues, ProviderDesk? desk)
    {
        using var response = await app.Database.GetContainer(CosmosDatabase.Orders).ReadItemStreamAsync("o-1", new PartitionKey("m-1"), cancellationToken: Stop);
        using var document = await JsonDocument.ParseAsync(response.Content, cancellationToken: Stop);
        var changed = new ChangedOrders(app.DeadLetters, NullLogger<ChangedOrders>.Instance);
        await new QueueErrands(changed, new ErrandQueue(queues), desk).RunAsync([document.RootElement.Clone()], Stop);
    }

    private ProviderDesk Desk(TestApp app)
    {
        return new ServiceCollection().AddLogging().AddMetrics().AddSingleton<TimeProvider>(app.Clock).AddSingleton(OrderOptions.Default).AddSingleton<IEventLog>(app.Log)
            .AddPaymentProvider(new PaymentProviderOptions { Address = new Uri(_provider.Urls.First()) })
            .BuildServiceProvider().GetRequiredService<ProviderDesk>();
    }

    private static async Task<List<string>> TakeAsync(QueueServiceClient queues)
    {
        var queue = queues.GetQueueClient(ErrandQueue.Name);
        var taken = await queue.ReceiveMessagesAsync(maxMessages: 32, cancellationToken: Stop);
        foreach (var message in taken.Value)
        {
            await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Stop);
        }

        return [.. taken.Value.Select(message => message.MessageText)];
    }

    /// <summary>Those that are not visible yet included.</summary>
    private static async Task<int> CountAsync(QueueServiceClient queues)
    {
        return (await queues.GetQueueClient(ErrandQueue.Name).GetPropertiesAsync(Stop)).Value.ApproximateMessagesCount;
    }

    private async Task<QueueServiceClient> EmptyQueuesAsync()
    {
        var queues = await azurite.QueuesAsync();
        var queue = queues.GetQueueClient(ErrandQueue.Name);
        await queue.CreateIfNotExistsAsync(cancellationToken: Stop);
        await queue.ClearMessagesAsync(Stop);
        return queues;
    }
}
