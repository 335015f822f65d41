using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Azure.Cosmos;
using PaymentMonitor.Azure;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>
/// Puts the stores of Azure into the server: the same classes as in the Functions app, behind the embedded log instead of Event Hubs
/// and before the embedded feed instead of the change feed.
/// </summary>
internal static class AzureStores
{
    internal static void AddAzureStores(this IServiceCollection services, AzureStoresOptions options)
    {
        services.AddSingleton(_ => CosmosDatabase.Connect(options.Cosmos, credential: null).GetDatabase(CosmosDatabase.Name));
        services.AddSingleton(_ => new BlobServiceClient(options.Storage));
        services.AddSingleton(_ => new QueueClient(options.Storage, CosmosWebhookCursors.Queue));

        services.AddSingleton<CosmosOrders>();
        services.AddSingleton<OrderSteps>();
        services.AddSingleton<OrderListings>();
        services.AddSingleton<OrderSweep>();
        services.AddSingleton<IOrders, SavedOrders>();
        services.AddSingleton<IDeadLetters>(provider => new BlobDeadLetters(
            provider.GetRequiredService<BlobServiceClient>().GetBlobContainerClient(BlobDeadLetters.Container),
            provider.GetRequiredService<DeadLetterCounter>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IOrderArchive>(provider => new BlobArchive(provider.GetRequiredService<BlobServiceClient>().GetBlobContainerClient(BlobArchive.Container)));
        services.AddSingleton<IWebhookEndpoints, CosmosWebhookEndpoints>();
        services.AddSingleton<CosmosWebhookCursors>();
        services.AddSingleton<IWebhookCursors>(provider => provider.GetRequiredService<CosmosWebhookCursors>());
        services.AddSingleton<IWebhookLog, CosmosWebhookLog>();
        services.AddSingleton(new WebhookRoom());
        services.AddSingleton<QueuedDelivery>();

        // Readers of the feed join it before anything can be written to it.
        services.AddSingleton<IHostedService>(provider => Pump(provider, "listings", (order, token) => provider.GetRequiredService<OrderListings>().EnterAsync(order, token)));
        services.AddSingleton<IHostedService>(provider => Pump(provider, "webhook-queue", (order, token) => SignalAsync(provider, order, token)));
        services.AddHostedService<WebhookQueue>();
        services.AddHostedService<DueSweep>();
        services.AddSingleton<OrderSaves>().AddHostedService(provider => provider.GetRequiredService<OrderSaves>());
    }

    /// <summary>Makes what is missing in the stores.</summary>
    /// <exception cref="StartupException"><c>stores-unreachable</c>.</exception>
    internal static async Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        try
        {
            var database = services.GetRequiredService<Microsoft.Azure.Cosmos.Database>();
            await CosmosDatabase.CreateAsync(database.Client, database.Id, cancellationToken);
            var blobs = services.GetRequiredService<BlobServiceClient>();
            await blobs.GetBlobContainerClient(BlobDeadLetters.Container).CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await blobs.GetBlobContainerClient(BlobArchive.Container).CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await services.GetRequiredService<QueueClient>().CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e is CosmosException or global::Azure.RequestFailedException or AggregateException or HttpRequestException or FormatException or ArgumentException)
        {
            throw new StartupException("stores-unreachable", $"Cosmos DB or the storage account cannot be used ({e.Message.Split('\n')[0].Trim()}): start them, or correct --cosmos and --storage.", e);
        }
    }

    private static FeedPump Pump(IServiceProvider services, string consumer, Func<Domain.Order, CancellationToken, Task> take) => new(
        services.GetRequiredService<EmbeddedStore>(), consumer, take, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<FeedPump>>());

    private static async Task SignalAsync(IServiceProvider services, Domain.Order order, CancellationToken cancellationToken)
    {
        var endpoints = await services.GetRequiredService<IWebhookEndpoints>().ListAsync(cancellationToken);
        await services.GetRequiredService<IWebhookCursors>().SignalAsync([.. WebhookSignal.Of(endpoints, order)], cancellationToken);
    }
}
