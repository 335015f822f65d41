using Azure.Core;
using Azure.Identity;
using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Blobs;
using Microsoft.Azure.Cosmos;
using Microsoft.Azure.WebPubSub.AspNetCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Azure;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>What the application is made of. In Azure each connection is an endpoint, used with the managed identity; emulators have connection strings.</summary>
internal static class Composition
{
    internal static IServiceCollection AddPaymentMonitor(this IServiceCollection services, IConfiguration settings)
    {
        services.AddMetrics();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<TokenCredential>(_ => new DefaultAzureCredential());
        services.AddSingleton(provider => Producer(settings, provider.GetRequiredService<TokenCredential>()));
        services.AddSingleton(provider => Database(settings, provider.GetRequiredService<TokenCredential>()));
        services.AddSingleton(provider => DeadLetterContainer(settings, provider.GetRequiredService<TokenCredential>()));
        services.AddWebPubSub(options => options.ServiceEndpoint = WebPubSub(settings));
        services.AddWebPubSubServiceClient<machines>();

        services.AddSingleton<IEventLog, EventHubLog>();
        services.AddSingleton<IMachineConnections, WebPubSubConnections>();
        services.AddSingleton<DeadLetterCounter>();
        services.AddSingleton<IDeadLetters, BlobDeadLetters>();
        services.AddSingleton<CosmosOrders>();
        services.AddSingleton(OrderOptions.Default);
        services.AddSingleton(OrderEntityOptions.Default);
        services.AddSingleton<OrderWorkflow>();
        services.AddSingleton<DecisionPush>();
        if (settings[Connections.Cosmos] is not null)
        {
            services.AddHostedService<EmulatorResources>();
        }

        return services;
    }

    private static EventHubProducerClient Producer(IConfiguration settings, TokenCredential credential)
    {
        return settings[$"{Connections.EventHubs}:fullyQualifiedNamespace"] is { } address
            ? new EventHubProducerClient(address, EventHub.Orders, credential)
            : new EventHubProducerClient(Required(settings, Connections.EventHubs), EventHub.Orders);
    }

    private static Database Database(IConfiguration settings, TokenCredential credential)
    {
        var account = settings[$"{Connections.Cosmos}:accountEndpoint"] ?? Required(settings, Connections.Cosmos);
        return CosmosDatabase.Connect(account, credential).GetDatabase(CosmosDatabase.Name);
    }

    private static BlobContainerClient DeadLetterContainer(IConfiguration settings, TokenCredential credential)
    {
        return settings[$"{Connections.Storage}:blobServiceUri"] is { } address
            ? new BlobServiceClient(new Uri(address), credential).GetBlobContainerClient(BlobDeadLetters.Container)
            : new BlobContainerClient(Required(settings, Connections.Storage), BlobDeadLetters.Container);
    }

    private static WebPubSubServiceEndpoint WebPubSub(IConfiguration settings)
    {
        return settings[$"{Connections.WebPubSub}:endpoint"] is { } address
            ? new WebPubSubServiceEndpoint(new Uri(address), new DefaultAzureCredential())
            : new WebPubSubServiceEndpoint(Required(settings, Connections.WebPubSub));
    }

    private static string Required(IConfiguration settings, string name)
    {
        return settings[name] ?? throw new InvalidOperationException($"The setting '{name}' is missing: an endpoint in Azure, a connection string for an emulator.");
    }
}
