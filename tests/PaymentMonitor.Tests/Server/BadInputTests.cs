using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Tests.WebPubSub;

namespace PaymentMonitor.Tests.Server;

/// <summary>What a machine may get wrong: each has a named answer, and the connection stays.</summary>
public sealed class BadInputTests
{
    [Theory]
    [InlineData("""{"id":"e-1","type":"order.guessed","orderId":"o-1","time":"2026-01-01T00:00:00Z","data":{}}""", "e-1", "unknown-type")]
    [InlineData("""{"id":"e-1","type":"order.created","time":"2026-01-01T00:00:00Z","data":{"amount":1,"currency":"EUR","channel":"qr","expiresIn":60}}""", "e-1", "missing-field")]
    [InlineData("""{"id":"e-1","type":"order.created","orderId":"o-1","time":"2026-01-01T00:00:00Z","data":{"amount":0,"currency":"EUR","channel":"qr","expiresIn":60}}""", "e-1", "invalid-amount")]
    [InlineData("""{"id":"e-1","type":"order.created","orderId":"o-1","time":"2026-01-01T00:00:00Z","data":{"amount":1.5,"currency":"EUR","channel":"qr","expiresIn":60}}""", "e-1", "invalid-amount")]
    [InlineData("""{"id":"e-1","type":"order.created","orderId":"o-1","time":"yesterday","data":{"amount":1,"currency":"EUR","channel":"qr","expiresIn":60}}""", "e-1", "invalid-field")]
    [InlineData("""{"id":"o-1/assessed","type":"payment.started","orderId":"o-1","time":"2026-01-01T00:00:00Z","data":{}}""", "o-1/assessed", "invalid-field")]
    [InlineData("[]", null, "malformed")]
    public async Task A_wrong_event_gets_a_rejecting_receipt(string json, string? id, string error)
    {
        await using var server = await TestServer.StartAsync();
        using var socket = await ConnectAsync(server);

        await socket.SendEventAsync("order", json);

        AssertRejected(await socket.ReadJsonAsync(), id, error);
        await AssertWorksAsync(socket);
    }

    [Fact]
    public async Task An_event_that_is_too_large_gets_a_rejecting_receipt()
    {
        await using var server = await TestServer.StartAsync();
        using var socket = await ConnectAsync(server);

        await socket.SendEventAsync("order", Started(new string('x', 64 * 1024)));

        AssertRejected(await socket.ReadJsonAsync(), null, "too-large");
        await AssertWorksAsync(socket);
    }

    [Theory]
    [InlineData("guess", "{}", "unknown-event")]
    [InlineData("sync", """{"confirmed":"all"}""", "malformed")]
    public async Task What_is_neither_an_event_nor_a_sync_is_rejected(string name, string json, string error)
    {
        await using var server = await TestServer.StartAsync();
        using var socket = await ConnectAsync(server);

        await socket.SendEventAsync(name, json);

        AssertRejected(await socket.ReadJsonAsync(), null, error);
        await AssertWorksAsync(socket);
    }

    [Fact]
    public async Task A_malformed_frame_closes_its_connection_and_no_other()
    {
        await using var server = await TestServer.StartAsync();
        using var other = await ConnectAsync(server, "m-2");
        using var socket = await ConnectAsync(server);

        await socket.SendAsync("{");

        Assert.NotNull(await socket.ReadToCloseAsync());
        await AssertWorksAsync(other);
    }

    [Fact]
    public async Task A_foreign_token_and_an_unknown_hub_open_no_connection()
    {
        await using var server = await TestServer.StartAsync();
        await using var stranger = await TestServer.StartAsync();
        var own = await server.SocketUrlAsync("m-1", await server.RegisterAsync("m-1", "qr"));
        var foreign = await stranger.SocketUrlAsync("m-1", await stranger.RegisterAsync("m-1", "qr"));

        await Assert.ThrowsAsync<WebSocketException>(() => TestClient.ConnectAsync(new UriBuilder(foreign) { Port = own.Port }.Uri));
        await Assert.ThrowsAsync<WebSocketException>(() => TestClient.ConnectAsync(new Uri(own.ToString().Replace("/machines", "/others", StringComparison.Ordinal))));
        using var socket = await TestClient.ConnectAsync(own);
        await AssertWorksAsync(socket);
    }

    [Fact]
    public async Task A_machine_that_reports_too_fast_is_asked_to_send_again_and_stays_connected()
    {
        await using var server = await TestServer.StartAsync(adapt: services => services.AddSingleton(new IntakeOptions { EventsBurst = 2, EventsPerSecond = 1 }));
        using var socket = await ConnectAsync(server);

        JsonElement receipt;
        var sent = 0;
        do
        {
            await socket.SendEventAsync("order", $$$"""{"id":"e-{{{++sent}}}","type":"payment.started","orderId":"o-1","time":"2026-01-01T00:00:00Z","data":{}}""");
            receipt = (await socket.ReadJsonAsync()).GetProperty("data");
        }
        while (receipt.GetProperty("status").GetString() == "accepted" && sent < 1_000);

        Assert.Equal("retry", receipt.GetProperty("status").GetString());
        Assert.Equal($"e-{sent}", receipt.GetProperty("id").GetString());
        Assert.Equal("rate-limited", receipt.GetProperty("error").GetProperty("name").GetString());
        Assert.Equal(1_000, receipt.GetProperty("retryAfterMs").GetInt32());
        await socket.SendEventAsync("sync", """{"confirmed":[]}""");
        Assert.Equal("sync", (await socket.ReadJsonAsync()).GetProperty("data").GetProperty("type").GetString());
    }

    private static async Task<TestClient> ConnectAsync(TestServer server, string machineId = "m-1")
    {
        return await TestClient.ConnectAsync(await server.SocketUrlAsync(machineId, await server.RegisterAsync(machineId, "qr")));
    }

    private static async Task AssertWorksAsync(TestClient socket)
    {
        await socket.SendEventAsync("order", Started(""));
        var receipt = (await socket.ReadJsonAsync()).GetProperty("data");
        Assert.Equal("accepted", receipt.GetProperty("status").GetString());
    }

    private static string Started(string padding)
    {
        return $$$"""{"id":"e-9","type":"payment.started","orderId":"o-9","time":"2026-01-01T00:00:00Z","data":{},"padding":"{{{padding}}}"}""";
    }

    private static void AssertRejected(JsonElement message, string? id, string error)
    {
        var receipt = message.GetProperty("data");
        Assert.Equal("receipt", receipt.GetProperty("type").GetString());
        Assert.Equal("rejected", receipt.GetProperty("status").GetString());
        Assert.Equal(id, receipt.TryGetProperty("id", out var given) ? given.GetString() : null);
        Assert.Equal(error, receipt.GetProperty("error").GetProperty("name").GetString());
        Assert.EndsWith(".", receipt.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
