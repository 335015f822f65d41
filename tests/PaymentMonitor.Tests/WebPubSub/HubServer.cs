using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Tests.WebPubSub;

/// <summary>One hub on a real Kestrel with a free port. It echoes events unless a test says otherwise, and its clock stands still.</summary>
internal sealed class HubServer : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    internal const string HubName = "machines";
    internal const string AccessKey = "an-access-key-of-forty-characters-length";

    private readonly WebApplication _app;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _counts = new();

    private HubServer(WebApplication app, WebPubSubHub hub, WebPubSubTokens tokens, FakeTimeProvider time)
    {
        _app = app;
        Hub = hub;
        Tokens = tokens;
        Time = time;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());
    }

    internal WebPubSubHub Hub { get; }

    internal WebPubSubTokens Tokens { get; }

    internal FakeTimeProvider Time { get; }

    internal Uri Address { get; }

    /// <summary>Reasons of ended connections, in the order in which they ended.</summary>
    internal BlockingCollection<string> Disconnects { get; } = [];

    /// <summary>Why the next connection ended. Waits for that.</summary>
    internal string NextDisconnect()
    {
        for (var left = TestClient.Guard; left > TimeSpan.Zero; left -= Look)
        {
            if (Disconnects.TryTake(out var reason, Look))
            {
                return reason;
            }

            // An advance of the fake clock fires no timer while another thread is about to set one.
            Time.Advance(TimeSpan.Zero);
        }

        throw new TimeoutException("No connection ended.");
    }

    internal static async Task<HubServer> StartAsync(HubEvents? events = null, Func<HubOptions, HubOptions>? options = null)
    {
        // The real time of start: tokens made by Microsoft's SDKs are dated by the real clock.
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();

        HubServer? server = null;
        var given = events ?? new HubEvents { UserEvent = (_, _, dataType, data) => ValueTask.FromResult(new EventAnswer(dataType, data)) };
        var tokens = new WebPubSubTokens(AccessKey, time);
        var hub = new WebPubSubHub(
            (options ?? (unchanged => unchanged))(new HubOptions { Name = HubName }),
            given with
            {
                Disconnected = (connection, reason) =>
                {
                    server!.Disconnects.Add(reason);
                    return given.Disconnected?.Invoke(connection, reason) ?? default;
                },
            },
            tokens,
            time,
            app.Services.GetRequiredService<IMeterFactory>(),
            app.Services.GetRequiredService<ILogger<WebPubSubHub>>());
        app.MapWebPubSub(hub);
        await app.StartAsync();
        server = new HubServer(app, hub, tokens, time);
        server.Listen();
        return server;
    }

    internal string Token(string? userId = "m-1", string[]? roles = null, string[]? groups = null, TimeSpan? lifetime = null)
    {
        return Tokens.ForClient(Address, HubName, userId, lifetime ?? TimeSpan.FromHours(1), roles, groups);
    }

    internal Uri ClientUrl(string query) => new UriBuilder(WebPubSubTokens.ClientUrl(Address, HubName)) { Query = query }.Uri;

    internal Task<TestClient> ConnectAsync(
        string? userId = "m-1", string subprotocol = TestClient.Plain, string[]? roles = null, string[]? groups = null)
    {
        return TestClient.ConnectAsync(ClientUrl($"access_token={Token(userId, roles, groups)}"), subprotocol);
    }

    /// <summary>What a counter has counted on this hub, with this value of its other tag.</summary>
    internal long Counted(string instrument, string tag) => _counts.GetValueOrDefault($"{instrument} {tag}");

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Hub.Dispose();
        Disconnects.Dispose();
    }

    private void Listen()
    {
        var factory = _app.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == WebPubSubMetrics.Meter && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, measurement, tags, _) =>
        {
            var tag = tags.Length > 1 ? (string)tags[1].Value! : "";
            _counts.AddOrUpdate($"{instrument.Name[(instrument.Name.LastIndexOf('.') + 1)..]} {tag}", measurement, (_, before) => before + measurement);
        });
        _listener.Start();
    }
}
