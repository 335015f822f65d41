using Azure.Core;
using Azure.Identity;
using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Azure.Cosmos;
using Microsoft.Azure.WebPubSub.AspNetCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Api;
using PaymentMonitor.Azure;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>What the application is made of. In Azure each connection is an endpoint, used with the managed identity; emulators have connection strings.</summary>
internal static class Composition
{
    internal static IServiceCollection AddPaymentMonitor(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = AppSettings.Read(configuration);
        services.AddMetrics();
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<TokenCredential>(_ => new DefaultAzureCredential());
        services.AddClients(settings);
        services.AddStores();
        services.AddWork(settings);
        services.AddApi(settings);
        if (!settings.Cosmos.IsEndpoint)
        {
            services.AddHostedService<EmulatorResources>();
        }

        return services;
    }

    private static void AddClients(this IServiceCollection services, AppSettings settings)
    {
        services.AddSingleton(provider => Producer(settings.EventHubs, EventHub.Orders, provider.GetRequiredService<TokenCredential>()));
        services.AddKeyedSingleton(EventHub.Decisions, (provider, _) => Producer(settings.EventHubs, EventHub.Decisions, provider.GetRequiredService<TokenCredential>()));
        services.AddSingleton(provider => CosmosDatabase.Connect(settings.Cosmos.Value, provider.GetRequiredService<TokenCredential>()).GetDatabase(CosmosDatabase.Name));
        services.AddSingleton(provider => Blobs(settings.Storage, provider.GetRequiredService<TokenCredential>()).GetBlobContainerClient(BlobDeadLetters.Container));
        services.AddKeyedSingleton(BlobArchive.Container, (provider, _) => Blobs(settings.Storage, provider.GetRequiredService<TokenCredential>()).GetBlobContainerClient(BlobArchive.Container));
        services.AddSingleton(provider => Queues(settings.Queues, provider.GetRequiredService<TokenCredential>()));
        services.AddWebPubSub(options => options.ServiceEndpoint = WebPubSub(settings.WebPubSub));
        services.AddWebPubSubServiceClient<machines>();
    }

    /// <summary>The adapters of the ports, over the clients of the services.</summary>
    internal static void AddStores(this IServiceCollection services)
    {
        services.AddSingleton<IEventLog, EventHubLog>();
        services.AddSingleton<WebPubSubConnections>();
        services.AddSingleton<IMachineConnections>(provider => provider.GetRequiredService<WebPubSubConnections>());
        services.AddSingleton<IConnectionTokens, WebPubSubTokens>();
        services.AddSingleton<IDeadLetters, BlobDeadLetters>();
        services.AddSingleton<IOrderArchive>(provider => new BlobArchive(provider.GetRequiredKeyedService<BlobContainerClient>(BlobArchive.Container)));
        services.AddSingleton<ArchiveDays>();
        services.AddSingleton<ChangedOrders>();
        services.AddSingleton<ErrandQueue>();
        services.AddSingleton<CosmosOrders>();
        services.AddSingleton<OrderSteps>();
        services.AddSingleton<OrderListings>();
        services.AddSingleton<OrderSweep>();
        services.AddSingleton<IOrders>(provider => provider.GetRequiredService<CosmosOrders>());
        services.AddSingleton<IPaymentReferences, CosmosPaymentReferences>();
        services.AddSingleton<IMachineStore, CosmosMachines>();
        services.AddSingleton<IMachineProgress, CosmosProgress>();
        services.AddSingleton<IRiskBook, CosmosRiskBook>();
        services.AddSingleton<ICoupons, CosmosCoupons>();
        services.AddSingleton<IParkedCallbacks, CosmosParkedCallbacks>();
        services.AddSingleton<IWebhookEndpoints, CosmosWebhookEndpoints>();
        services.AddSingleton(provider => new CosmosWebhookCursors(
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<QueueServiceClient>().GetQueueClient(CosmosWebhookCursors.Queue),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IWebhookCursors>(provider => provider.GetRequiredService<CosmosWebhookCursors>());
        services.AddSingleton<IWebhookLog, CosmosWebhookLog>();
    }

    internal static void AddWork(this IServiceCollection services, AppSettings settings)
    {
        services.AddPipeline(new PipelineOptions { IsShared = true, HasRiskService = settings.RiskService is not null });
        services.AddSingleton(OrderEntityOptions.Default);
        services.AddSingleton<OrderEnrichment>();
        services.AddHostedService<ProgressFlush>();
        services.AddSingleton<CanaryMachine>();
        if (settings.PaymentProvider is { } provider)
        {
            services.AddPaymentProvider(provider);
        }

        if (settings.RiskService is { } risk)
        {
            services.AddRiskService(risk);
        }

        if (settings.AlertBots is { } bots)
        {
            services.AddSingleton(bots).AddHttpClient<AlertPost>().RemoveAllLoggers();
        }

        if (settings.WebhookSecrets is { } secrets)
        {
            services.AddSingleton(secrets).AddWebhooks(new WebhookOptions()).AddSingleton(new WebhookRoom()).AddSingleton<QueuedDelivery>();
        }
    }

    internal static void AddApi(this IServiceCollection services, AppSettings settings)
    {
        services.AddRouting();
        services.AddHttpApi();
        services.AddOpenApi();
        services.AddSingleton<Health>();
        services.AddSingleton<ApiPipeline>();
        services.AddSingleton(WebPubSubCaller(settings.WebPubSub));
        if (settings.ProviderSecret is { } secret)
        {
            services.AddSingleton(secret).AddSingleton<ProviderIntake>();
        }

        var access = services.AddAuthentication(settings.Entra is null ? LocalKeyAuthentication.SchemeName : EntraAccess.ApiScheme);
        if (settings.Entra is { } entra)
        {
            access.AddEntra(entra);
        }
        else
        {
            access.AddScheme<AuthenticationSchemeOptions, LocalKeyAuthentication>(LocalKeyAuthentication.SchemeName, null);
        }
    }

    private static EventHubProducerClient Producer(ServiceConnection connection, string hub, TokenCredential credential)
    {
        return connection.IsEndpoint
            ? new EventHubProducerClient(connection.Value, hub, credential)
            : new EventHubProducerClient(connection.Value, hub);
    }

    private static BlobServiceClient Blobs(ServiceConnection connection, TokenCredential credential)
    {
        return connection.IsEndpoint ? new BlobServiceClient(new Uri(connection.Value), credential) : new BlobServiceClient(connection.Value);
    }

    private static QueueServiceClient Queues(ServiceConnection connection, TokenCredential credential)
    {
        return connection.IsEndpoint ? new QueueServiceClient(new Uri(connection.Value), credential) : new QueueServiceClient(connection.Value);
    }

    private static WebPubSubServiceEndpoint WebPubSub(ServiceConnection connection)
    {
        return connection.IsEndpoint
            ? new WebPubSubServiceEndpoint(new Uri(connection.Value), new DefaultAzureCredential())
            : new WebPubSubServiceEndpoint(connection.Value);
    }

    private static UpstreamCaller WebPubSubCaller(ServiceConnection connection)
    {
        if (connection.IsEndpoint)
        {
            return new UpstreamCaller(new Uri(connection.Value).Host, accessKey: null);
        }

        var parts = connection.Value.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split('=', 2)).ToDictionary(part => part[0], part => part[^1]);
        return new UpstreamCaller(new Uri(parts["Endpoint"]).Host, parts["AccessKey"]);
    }
}
