using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Metrics;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Server;

/// <summary>Puts the core together with its embedded edges.</summary>
internal static class ServerComposition
{
    /// <summary>
    /// The folder in which it happens to be started is not searched for settings, and above all not watched: watching takes in all
    /// folders below, so with the data among them each write to the store would be looked at.
    /// </summary>
    private static readonly WebApplicationOptions WithoutWatching = new()
    {
        ContentRootPath = AppContext.BaseDirectory,
        Args = ["--hostBuilder:reloadConfigOnChange=false"],
    };

    internal static WebApplication Build(ServeOptions options, ApiKeyFile keys, WebhookSecret? providerSecret, Action<WebApplicationBuilder>? adapt)
    {
        var builder = WebApplication.CreateSlimBuilder(WithoutWatching);
        builder.WebHost.UseUrls(options.Urls);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        // An event goes from its socket into the queue of the store on one thread, and an answer from there to its socket: nothing on
        // either way waits, and each change of threads costs more than what is done.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        IHostApplicationLifetime? lifetime = null;
        AddLogging(builder.Logging, options.LogFormat, () => lifetime is { ApplicationStarted.IsCancellationRequested: true });
        var services = builder.Services;
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddPipeline(new PipelineOptions
        {
            HasRiskService = options.Risk is not null,
            DemoCredentials = options.DemoCredentials,
            TracedShare = TelemetrySetup.TracedShare(builder.Configuration),
        });
        AddEmbedded(services, options);
        AddWebhooks(services, options);
        if (options.AzureStores is { } azure)
        {
            services.AddAzureStores(azure);
        }

        AddApi(services, keys);
        if (providerSecret is not null)
        {
            services.AddSingleton(providerSecret).AddSingleton<ProviderIntake>().AddHostedService<ParkedRetry>();
        }

        if (options.Provider is { } provider)
        {
            services.AddPaymentProvider(provider).AddHostedService<ErrandLoop>();
        }

        if (options.Risk is { } risk)
        {
            services.AddRiskService(risk);
        }

        if (options.Telemetry)
        {
            builder.AddTelemetry();
        }

        adapt?.Invoke(builder);
        var app = builder.Build();
        lifetime = app.Lifetime;
        // Before anything counts, so that nothing is missed.
        app.Services.GetService<MeterProvider>();
        app.Services.GetRequiredService<ServerMetrics>();
        TrustedProxies.Use(app, options.TrustedProxies);
        Map(app, hasProvider: providerSecret is not null, hasMetrics: options.Telemetry);
        return app;
    }

    private static void AddEmbedded(IServiceCollection services, ServeOptions options)
    {
        services.AddSingleton(new StoreOptions { QueueCapacity = options.QueueCapacity, OrdersElsewhere = options.AzureStores is not null });
        services.AddSingleton(provider => EmbeddedStore.Open(
            options.Data,
            provider.GetRequiredService<OrderWorkflow>(),
            provider.GetRequiredService<StoreOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<ILogger<EmbeddedStore>>()));
        services.AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Log);
        services.AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Orders);
        services.AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().References);
        services.AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Machines);
        services.AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Risk);
        services.AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Parked);
        services.AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Coupons);
        services.AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Progress);
        services.AddSingleton<IDeadLetters>(provider => provider.GetRequiredService<EmbeddedStore>().DeadLetters);
        services.AddSingleton(provider => new WebPubSubTokens(SigningKey.ReadOrCreate(options.Data), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ConnectionTokens>();
        services.AddSingleton<IConnectionTokens>(provider => provider.GetRequiredService<ConnectionTokens>());
        services.AddSingleton<FleetWatch>();
        services.AddSingleton(MachineHub.Options);
        services.AddSingleton(provider => MachineHub.Create(
            provider.GetRequiredService<HubOptions>(),
            provider.GetRequiredService<MachineGateway>(),
            provider.GetRequiredService<MachineDirectory>(),
            provider.GetRequiredService<FleetWatch>(),
            provider.GetRequiredService<WebPubSubTokens>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<ILogger<WebPubSubHub>>()));
        services.AddSingleton<IMachineConnections, HubConnections>();
        services.AddSingleton(provider => new Redelivery(
            provider.GetRequiredService<EmbeddedStore>().Orders, provider.GetRequiredService<DecisionPush>(), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService(provider => provider.GetRequiredService<Redelivery>());
        services.AddSingleton<DecisionPump>();
        services.AddHostedService<RiskPump>();
        services.AddHostedService<ProgressFlush>();
        services.AddSingleton(provider => ReconciliationBook.Open(options.Data, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<FleetStandings>();
        services.AddHostedService<OperationsFeed>();
        services.AddSingleton(options.Retention);
        services.AddSingleton<IOrderArchive>(ArchiveFolder.In(options.Data)).AddSingleton<ArchiveDays>();
        services.AddSingleton<OrderArchiver>().AddHostedService(provider => provider.GetRequiredService<OrderArchiver>());
        services.AddSingleton<Retention>().AddHostedService(provider => provider.GetRequiredService<Retention>());
        services.AddSingleton(provider => new ServerMetrics(
            options,
            provider.GetRequiredService<EmbeddedStore>(),
            provider.GetRequiredService<FleetStandings>(),
            provider.GetRequiredService<ReconciliationBook>(),
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<TimeProvider>()));
    }

    private static void AddWebhooks(IServiceCollection services, ServeOptions options)
    {
        services.AddWebhooks(new WebhookOptions { AllowPrivate = options.WebhookAllowPrivate });
        services.AddSingleton(_ => WebhookKey.ReadOrCreate(options.Data));
        services.AddSingleton<IWebhookEndpoints>(provider => provider.GetRequiredService<EmbeddedStore>().WebhookEndpoints);
        services.AddSingleton<IWebhookCursors>(provider => provider.GetRequiredService<EmbeddedStore>().WebhookCursors);
        services.AddSingleton<IWebhookLog>(provider => provider.GetRequiredService<EmbeddedStore>().WebhookLog);
        if (options.AzureStores is null)
        {
            services.AddHostedService<WebhookPump>();
        }

        services.AddHostedService<WebhookUpkeep>();
    }

    private static void AddApi(IServiceCollection services, ApiKeyFile keys)
    {
        services.AddSingleton(keys);
        services.AddHttpApi(ServerJson.Default);
        services.AddOpenApi();

        // Not AddAuthentication: that brings key rings for cookies, which nobody here has.
        services.AddAuthenticationCore(authentication => authentication.DefaultScheme = ApiKeyAuthentication.SchemeName).AddWebEncoders();
        new AuthenticationBuilder(services)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, null);
    }

    // Tokens may come in a query, so requests are never logged with theirs.
    private static void AddLogging(ILoggingBuilder logging, LogFormat format, Func<bool> isStarted)
    {
        logging.ClearProviders();
        logging.AddConsole(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.FormatterName = format == LogFormat.Json ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple;
        });
        logging.Services.Configure<JsonConsoleFormatterOptions>(json =>
        {
            json.IncludeScopes = true;
            json.UseUtcTimestamp = true;
            json.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
        });
        logging.Configure(factory => factory.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        // It logs nothing that would be kept, but as long as it might, each connection carries a scope and an activity for it.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // It tells of every single retry, and of each timeout as an error; what matters of a service is told once, by who asks it.
        logging.AddFilter("Polly", LogLevel.Critical);
        // What goes wrong before that is told once, in the sentence with which the start ends.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => level >= LogLevel.Warning && isStarted());
    }

    private static void Map(WebApplication app, bool hasProvider, bool hasMetrics)
    {
        // What is asked over HTTP may read from the disk, and must not do so on the thread that serves the sockets.
        app.Use(static async (context, next) =>
        {
            await Task.Yield();
            await next(context);
        });
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapOpenApi().RequireAuthorization(Roles.Reader);
        app.MapHealth();
        app.MapHttpApi(hasProvider);
        app.MapOperations();
        app.MapReconciliation();
        if (hasMetrics)
        {
            app.MapMetrics();
        }

        app.MapWebPubSub(app.Services.GetRequiredService<WebPubSubHub>());
    }
}
