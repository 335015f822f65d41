using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Blobs;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.WebPubSub.AspNetCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Azure;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;

namespace PaymentMonitor.Functions.Tests;

/// <summary>
/// The HTTP side of the application as it is composed, behind a real Kestrel in the place of the Functions host: its stores in the
/// Cosmos DB server, its hub, blobs and pushes in memory, its tenant made for the test.
/// </summary>
internal sealed class HttpApp : IAsyncDisposable
{
    internal const string WebPubSubHost = "example.webpubsub.azure.com";

    internal static readonly MachineId Machine = MachineId.Parse("m-1");

    private readonly WebApplication _app;

    private HttpApp(WebApplication app, CosmosWire wire)
    {
        (_app, Wire) = (app, wire);
        Client = new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
    }

    internal HttpClient Client { get; }

    internal CosmosWire Wire { get; }

    internal InMemoryHub Hub { get; } = new();

    internal InMemoryWebPubSub WebPubSub { get; } = new();

    internal Tenant Tenant { get; } = new();

    internal IServiceProvider Services => _app.Services;

    /// <param name="local">With an emulator of Web PubSub and a local key, instead of Entra ID.</param>
    /// <param name="keysAreKnown">Whether the tenant's keys could be fetched.</param>
    internal static async Task<HttpApp> StartAsync(CosmosServer server, bool local = false, bool keysAreKnown = true)
    {
        var wire = new CosmosWire();
        var database = await server.NewDatabaseAsync(wire);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        HttpApp? app = null;
        var services = builder.Services;
        services.AddMetrics().AddSingleton(TimeProvider.System).AddSingleton(database);
        services.AddSingleton<EventHubProducerClient>(_ => app!.Hub);
        services.AddSingleton<BlobContainerClient>(new InMemoryBlobs());
        services.AddSingleton<WebPubSubServiceClient<machines>>(_ => app!.WebPubSub);
        services.AddStores();
        var settings = AppSettings.Read(Settings(local));
        services.AddWork(settings);
        services.AddSingleton(settings);
        services.AddApi(settings);
        services.AddScoped<WebPubSubUpstream>();
        services.AddScoped<ApiRoutes>();
        services.ConfigureAll<JwtBearerOptions>(bearer => bearer.Configuration = keysAreKnown ? app!.Tenant.Configuration : new() { Issuer = app!.Tenant.Configuration.Issuer });
        var web = builder.Build();
        web.Run(RouteAsync);
        await web.StartAsync(TestContext.Current.CancellationToken);
        app = new HttpApp(web, wire);
        await new CosmosMachines(database).TryWriteAsync(
            new MachineRecord(Machine, [new MachineSecret(SecretHash.Of("secret"), Reports.Noon)], DemoMachines.Channels, Reports.Noon), TestContext.Current.CancellationToken);
        return app;
    }

    /// <summary>What Web PubSub sends when a machine sends the user event.</summary>
    internal Task<HttpResponseMessage> TellAsync(string type, byte[]? data = null, string? token = null, string user = "m-1", Action<HttpRequestMessage>? change = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/web-pubsub") { Content = new ByteArrayContent(data ?? []) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token ?? Tenant.TokenOfWebPubSub());
        foreach (var (name, value) in new[]
        {
            ("WebHook-Request-Origin", WebPubSubHost), ("ce-specversion", "1.0"), ("ce-awpsversion", "1.0"), ("ce-type", $"azure.webpubsub.{type}"), ("ce-id", "1"),
            ("ce-source", "/hubs/machines/client/c-1"), ("ce-time", "2026-11-23T12:00:00Z"), ("ce-hub", "machines"), ("ce-connectionId", "c-1"), ("ce-userId", user),
            ("ce-eventName", type[(type.LastIndexOf('.') + 1)..]),
        })
        {
            request.Headers.Add(name, value);
        }

        change?.Invoke(request);
        return Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    internal Task<HttpResponseMessage> CallAsync(HttpMethod method, string path, string? role = null, string? json = null)
    {
        var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        if (role is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Tenant.TokenWithRole(role));
        }

        return Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    internal static async Task<JsonElement> JsonOf(HttpResponseMessage response)
    {
        return JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        Wire.Dispose();
        Tenant.Dispose();
    }

    /// <summary>In the place of the host: it routes to a function by its attribute, and leaves its endpoint and route values in the context.</summary>
    private static Task RouteAsync(HttpContext context)
    {
        context.SetEndpoint(new Endpoint(_ => throw new InvalidOperationException("The host's endpoint is not the API's."), null, "function"));
        context.Request.RouteValues["path"] = context.Request.Path.Value![1..];
        return context.Request.Path == "/api/web-pubsub"
            ? context.RequestServices.GetRequiredService<WebPubSubUpstream>().RunAsync(context.Request, context.RequestAborted)
            : context.RequestServices.GetRequiredService<ApiRoutes>().RunAsync(context.Request);
    }

    /// <summary>Settings as in Azure, and those given.</summary>
    internal static AppSettings SettingsWith(params (string Name, string Value)[] more)
    {
        return AppSettings.Read(new ConfigurationBuilder()
            .AddConfiguration(Settings(local: false))
            .AddInMemoryCollection(more.Select(setting => KeyValuePair.Create<string, string?>(setting.Name, setting.Value)))
            .Build());
    }

    private static IConfiguration Settings(bool local)
    {
        using var tenant = new Tenant();
        var options = tenant.Options;
        var settings = new Dictionary<string, string?>
        {
            ["Cosmos:accountEndpoint"] = "https://example.documents.azure.com",
            ["EventHubs:fullyQualifiedNamespace"] = "example.servicebus.windows.net",
            ["Storage:blobServiceUri"] = "https://example.blob.core.windows.net",
            ["Storage:queueServiceUri"] = "https://example.queue.core.windows.net",
            ["WebPubSub:endpoint"] = local ? null : $"https://{WebPubSubHost}",
            ["WebPubSub"] = "Endpoint=http://localhost:8080;AccessKey=key-of-the-emulator;Version=1.0;",
            ["WebPubSub:principalId"] = options.WebPubSubPrincipalId,
            ["Entra:authority"] = local ? null : options.Authority.ToString(),
            ["Entra:clientId"] = options.ClientId,
            ["LocalOperatorKey"] = local ? "local-key" : null,
        };
        return new ConfigurationBuilder().AddInMemoryCollection(settings.Where(setting => setting.Value is not null)).Build();
    }
}
