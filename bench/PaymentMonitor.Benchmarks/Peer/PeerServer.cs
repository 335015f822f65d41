using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using StackExchange.Redis;

namespace PaymentMonitor.Benchmarks.Peer;

/// <summary>
/// What a good .NET team would build for this job without PaymentMonitor: SignalR, Redis Streams, a worker, PostgreSQL. The rules
/// and the order's document are the same. Tuned: no hub call waits for a disk, the workers run in the hub's process and are woken
/// by it, orders stay in memory, and every step is batched. It checks no token, which favours it.
/// </summary>
internal static class PeerServer
{
    internal static async Task RunAsync(PeerOptions options, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(options.Urls);
        builder.Logging.ClearProviders().AddConsole().SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<IConnectionMultiplexer>(await ConnectionMultiplexer.ConnectAsync(options.Redis));
        builder.Services.AddSingleton(NpgsqlDataSource.Create(options.Postgres));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new OrderWorkflow(OrderOptions.Default));
        builder.Services.AddSingleton<OrderTable>();
        builder.Services.AddSingleton<Terminals>();
        builder.Services.AddSingleton<ReportStreams>();
        builder.Services.AddHostedService<StreamWriters>();
        builder.Services.AddHostedService<OrderWorkers>();
        builder.Services.AddHostedService<DueOrders>();
        builder.Services
            .AddSignalR(signalR =>
            {
                signalR.KeepAliveInterval = TimeSpan.FromMinutes(5);
                signalR.ClientTimeoutInterval = TimeSpan.FromMinutes(60);
            })
            .AddJsonProtocol(json =>
            {
                json.PayloadSerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
                json.PayloadSerializerOptions.TypeInfoResolverChain.Insert(0, WireJson.Default);
                json.PayloadSerializerOptions.TypeInfoResolverChain.Insert(1, PeerJson.Default);
            });

        await using var app = builder.Build();
        await app.Services.GetRequiredService<OrderTable>().CreateAsync(cancellationToken);
        app.MapHub<MachineHub>("/machines", hub => hub.Transports = HttpTransportType.WebSockets);
        await ((IHost)app).RunAsync(cancellationToken);
    }
}
