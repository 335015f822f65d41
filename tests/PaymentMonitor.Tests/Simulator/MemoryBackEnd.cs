using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Tests.Simulator;

/// <summary>
/// A back end in memory with the real rules, over real WebSockets and HTTP, which can be told to lose or double things: what the
/// fleet's verdict is for.
/// </summary>
internal sealed class MemoryBackEnd : IAsyncDisposable
{
    internal static readonly WebhookSecret Secret = WebhookSecret.TryParse(WebhookSecret.Generate(), out var secret) ? secret : throw new InvalidOperationException();

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private readonly OrderWorkflow _workflow = new(OrderOptions.Default with { AllowedLateness = TimeSpan.FromMilliseconds(500) });
    private readonly Dictionary<OrderKey, Order> _orders = [];
    private readonly Dictionary<string, OrderKey> _references = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<MachineId, Connection> _connections = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _waking;

    private MemoryBackEnd(WebApplication app)
    {
        _app = app;
        _waking = WakeAsync();
    }

    internal Uri Endpoint => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <summary>Events that are receipted and forgotten.</summary>
    internal Func<ReportedEvent, bool> Forgets { get; set; } = _ => false;

    /// <summary>Changes what the API shows of an order.</summary>
    internal Func<Order, Order> Shows { get; set; } = order => order;

    internal static async Task<MemoryBackEnd> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var backEnd = new MemoryBackEnd(app);
        app.UseWebSockets();
        app.MapPost("/api/negotiate", backEnd.NegotiateAsync);
        app.Map("/client/hubs/machines", backEnd.ServeAsync);
        app.MapPost("/api/provider/callback", (Delegate)backEnd.CallbackAsync);
        app.MapGet("/api/orders", (string machineId) => backEnd.List(machineId));
        app.MapGet("/api/dead-letters", () => Results.Text("""{"items":[]}""", "application/json"));
        await app.StartAsync();
        return backEnd;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _waking;
        await _app.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task NegotiateAsync(HttpContext context)
    {
        var request = await context.Request.ReadFromJsonAsync(WireJson.Default.NegotiateRequest);
        var now = TimeProvider.System.GetUtcNow();
        var url = Endpoint.AbsoluteUri.Replace("http://", "ws://", StringComparison.Ordinal) + "client/hubs/machines";
        await context.Response.WriteAsJsonAsync(new NegotiateAnswer(url, request!.MachineId, now.AddHours(1), now), WireJson.Default.NegotiateAnswer);
    }

    private IResult List(string machineId)
    {
        lock (_lock)
        {
            var orders = _orders.Values.Where(order => order.MachineId.Value == machineId).Select(Shows).Select(OrderView.Of);
            return Results.Json(new OrderPageView([.. orders], null), Json);
        }
    }

    private async Task<IResult> CallbackAsync(HttpContext context)
    {
        using var stream = new MemoryStream();
        await context.Request.Body.CopyToAsync(stream);
        var body = stream.ToArray();
        var headers = context.Request.Headers;
        if (!Secret.Verify(headers["webhook-id"]!, headers["webhook-timestamp"]!, headers["webhook-signature"]!, body, TimeProvider.System.GetUtcNow()))
        {
            return Results.Unauthorized();
        }

        using var json = JsonDocument.Parse(body);
        var data = json.RootElement.GetProperty("data");
        Assert.True(EventJson.TryReadData(json.RootElement.GetProperty("type").GetString()!, Encoding.UTF8.GetBytes(data.GetRawText()), out var fact, out _));
        OrderKey key;
        lock (_lock)
        {
            if (!_references.TryGetValue(data.GetProperty("paymentRef").GetString()!, out key))
            {
                return Results.NotFound();
            }
        }

        var id = PaymentMonitor.Contracts.EventId.Parse("provider/" + headers["webhook-id"]);
        await ApplyAsync(new ReportedEvent(id, key.OrderId, fact, data.GetProperty("time").GetDateTimeOffset()), EventSource.Provider, key.MachineId);
        return Results.NoContent();
    }

    private async Task ServeAsync(HttpContext context)
    {
        var machineId = MachineId.Parse(context.Request.Headers.Authorization.ToString()["Bearer ".Length..]);
        using var socket = await context.WebSockets.AcceptWebSocketAsync("json.webpubsub.azure.v1");
        var connection = _connections[machineId] = new Connection(socket);
        var buffer = new byte[64 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), default) is { MessageType: WebSocketMessageType.Text } frame)
            {
                using var json = JsonDocument.Parse(buffer.AsMemory(0, frame.Count));
                var data = Encoding.UTF8.GetBytes(json.RootElement.GetProperty("data").GetRawText());
                await (json.RootElement.GetProperty("event").GetString() == "sync" ? SyncAsync(connection, machineId, data) : OrderAsync(connection, machineId, data));
            }
        }
        catch (WebSocketException)
        {
            // The machine is gone.
        }
    }

    private async Task OrderAsync(Connection connection, MachineId machineId, byte[] data)
    {
        Assert.True(EventJson.TryRead(data, out var reported, out _));
        if (reported.Body is OrderEvent.Created { PaymentRef: { } reference })
        {
            lock (_lock)
            {
                _references.TryAdd(reference.Value, new OrderKey(machineId, reported.OrderId));
            }
        }

        if (!Forgets(reported))
        {
            await ApplyAsync(reported, EventSource.Machine, machineId);
        }

        await connection.SendAsync(Receipt.Accepted(reported.Id.Value));
    }

    private async Task SyncAsync(Connection connection, MachineId machineId, byte[] data)
    {
        var request = JsonSerializer.Deserialize(data, WireJson.Default.SyncRequest)!;
        List<Decision> open;
        lock (_lock)
        {
            foreach (var confirmed in request.Confirmed)
            {
                var key = new OrderKey(machineId, confirmed.OrderId);
                _orders[key] = _orders[key] with { ConfirmedVersion = Math.Max(_orders[key].ConfirmedVersion, confirmed.Version) };
            }

            open = [.. _orders.Values
                .Where(order => order.MachineId == machineId)
                .SelectMany(order => order.Decisions.Where(decision => decision.Version > order.ConfirmedVersion))];
        }

        await connection.SendAsync(new SyncAnswer(open, []));
    }

    private async Task ApplyAsync(ReportedEvent reported, EventSource source, MachineId machineId)
    {
        List<Decision> decided;
        lock (_lock)
        {
            var key = new OrderKey(machineId, reported.OrderId);
            var before = _orders.GetValueOrDefault(key);
            var after = _workflow.Work(before, EventTime.Stamp(reported, source, machineId, TimeProvider.System.GetUtcNow(), _workflow.Options)).Order;
            _orders[key] = after;
            decided = [.. after.Decisions.Skip(before?.Decisions.Length ?? 0)];
        }

        foreach (var decision in decided)
        {
            await (_connections.TryGetValue(machineId, out var connection) ? connection.SendAsync(decision) : Task.CompletedTask);
        }
    }

    private async Task WakeAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                var now = TimeProvider.System.GetUtcNow();
                List<Order> due;
                lock (_lock)
                {
                    due = [.. _orders.Values.Where(order => order.Due <= now)];
                }

                foreach (var order in due)
                {
                    await ApplyAsync(new ReportedEvent(PaymentMonitor.Contracts.EventId.Parse("wake/1"), order.OrderId, new OrderEvent.Due(), now), EventSource.System, order.MachineId);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private sealed class Connection(WebSocket socket)
    {
        private readonly Lock _lock = new();
        private Task _last = Task.CompletedTask;

        /// <summary>One after the other: a socket takes one message at a time.</summary>
        internal Task SendAsync(ServerMessage message)
        {
            var frame = $$"""{"type":"message","from":"server","dataType":"json","data":{{JsonSerializer.Serialize(message, WireJson.Default.ServerMessage)}}}""";
            lock (_lock)
            {
                return _last = SendAfterAsync(_last, Encoding.UTF8.GetBytes(frame));
            }
        }

        private async Task SendAfterAsync(Task before, byte[] frame)
        {
            await before;
            try
            {
                await socket.SendAsync(frame, WebSocketMessageType.Text, true, default);
            }
            catch (Exception e) when (e is WebSocketException or ObjectDisposedException)
            {
                // The machine will ask for it by a sync.
            }
        }
    }
}
