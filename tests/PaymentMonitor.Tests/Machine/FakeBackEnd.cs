using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Tests.Machine;

/// <summary>The machines' side of a back end over real WebSockets, which does just what a test tells it to.</summary>
internal sealed class FakeBackEnd : IAsyncDisposable
{
    internal const string Secret = "the-right-secret";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, WebSocket> _sockets = new();
    private readonly SemaphoreSlim _writing = new(1);

    private FakeBackEnd(WebApplication app) => _app = app;

    internal Uri Endpoint => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <summary>Every event that came, in the order of arrival.</summary>
    internal Channel<ReportedEvent> Events { get; } = System.Threading.Channels.Channel.CreateUnbounded<ReportedEvent>();

    internal Channel<SyncRequest> Syncs { get; } = System.Threading.Channels.Channel.CreateUnbounded<SyncRequest>();

    internal Channel<string> Tokens { get; } = System.Threading.Channels.Channel.CreateUnbounded<string>();

    internal int Negotiations { get; private set; }

    /// <summary>The answer to an event, or null for none.</summary>
    internal Func<ReportedEvent, Receipt?> Answer { get; set; } = reported => Receipt.Accepted(reported.Id.Value);

    internal Func<SyncRequest, ServerMessage?> SyncAnswer { get; set; } = _ => new SyncAnswer([], []);

    /// <summary>Answers a negotiation in its own way where it returns true.</summary>
    internal Func<HttpContext, bool> Intercept { get; set; } = _ => false;

    internal TimeSpan TokenLife { get; set; } = TimeSpan.FromHours(1);

    internal Func<DateTimeOffset> Clock { get; set; } = () => TimeProvider.System.GetUtcNow();

    /// <summary>Takes connections and then neither reads nor writes: a peer that is gone without a word.</summary>
    internal bool Deaf { get; set; }

    internal bool RefuseTokens { get; set; }

    internal static async Task<FakeBackEnd> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var backEnd = new FakeBackEnd(app);
        app.UseWebSockets();
        app.MapPost("/api/negotiate", backEnd.NegotiateAsync);
        app.Map("/client/hubs/machines", backEnd.ServeAsync);
        await app.StartAsync();
        return backEnd;
    }

    internal async Task SendAsync(ServerMessage message, string machineId = "m-1")
    {
        await SendRawAsync($$"""{"type":"message","from":"server","dataType":"json","data":{{JsonSerializer.Serialize(message, WireJson.Default.ServerMessage)}}}""", machineId);
    }

    internal async Task SendRawAsync(string frame, string machineId = "m-1")
    {
        await _writing.WaitAsync();
        try
        {
            await _sockets[machineId].SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, true, default);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Cuts every connection without a farewell.</summary>
    internal void Drop()
    {
        foreach (var socket in _sockets.Values)
        {
            socket.Abort();
        }
    }

    internal async Task<ReportedEvent> NextEventAsync() => await Within(Events.Reader.ReadAsync());

    internal async Task<SyncRequest> NextSyncAsync() => await Within(Syncs.Reader.ReadAsync());

    internal static async Task<T> Within<T>(ValueTask<T> task) => await task.AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public async ValueTask DisposeAsync()
    {
        Drop();
        await _app.DisposeAsync();
        _writing.Dispose();
    }

    private async Task NegotiateAsync(HttpContext context)
    {
        Negotiations++;
        if (Intercept(context))
        {
            return;
        }

        var request = await context.Request.ReadFromJsonAsync(WireJson.Default.NegotiateRequest);
        if (request!.Secret != Secret)
        {
            context.Response.StatusCode = 401;
            return;
        }

        var url = $"{Endpoint.AbsoluteUri.Replace("http://", "ws://", StringComparison.Ordinal)}client/hubs/machines";
        var answer = new NegotiateAnswer(url, $"{request.MachineId}.{Negotiations}", Clock() + TokenLife, Clock());
        await context.Response.WriteAsJsonAsync(answer, WireJson.Default.NegotiateAnswer);
    }

    private async Task ServeAsync(HttpContext context)
    {
        var token = context.Request.Headers.Authorization.ToString()["Bearer ".Length..];
        Tokens.Writer.TryWrite(token);
        if (RefuseTokens)
        {
            context.Response.StatusCode = 401;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync("json.webpubsub.azure.v1");
        var machineId = token.Split('.')[0];
        _sockets[machineId] = socket;
        if (Deaf)
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        await SendRawAsync($$"""{"type":"system","event":"connected","userId":"{{machineId}}","connectionId":"c1"}""", machineId);
        await ReadAsync(socket, machineId);
    }

    private async Task ReadAsync(WebSocket socket, string machineId)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), default) is { MessageType: WebSocketMessageType.Text } frame)
            {
                using var json = JsonDocument.Parse(buffer.AsMemory(0, frame.Count));
                await TakeAsync(json.RootElement, machineId);
            }
        }
        catch (WebSocketException)
        {
            // The machine, or the test, cut the connection.
        }
    }

    private async Task TakeAsync(JsonElement frame, string machineId)
    {
        var data = Encoding.UTF8.GetBytes(frame.GetProperty("data").GetRawText());
        if (frame.GetProperty("event").GetString() == "sync")
        {
            var request = JsonSerializer.Deserialize(data, WireJson.Default.SyncRequest)!;
            Syncs.Writer.TryWrite(request);
            if (SyncAnswer(request) is { } answer)
            {
                await SendAsync(answer, machineId);
            }

            return;
        }

        Assert.True(EventJson.TryRead(data, out var reported, out _));
        Events.Writer.TryWrite(reported);
        if (Answer(reported) is { } receipt)
        {
            await SendAsync(receipt, machineId);
        }
    }
}
