using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace PaymentMonitor.Tests.WebPubSub;

/// <summary>A WebSocket client that speaks in text frames and reads one message at a time.</summary>
internal sealed class TestClient : IDisposable
{
    internal const string Plain = "json.webpubsub.azure.v1";
    internal const string Reliable = "json.reliable.webpubsub.azure.v1";

    /// <summary>Only a guard against hanging: nothing is measured by it.</summary>
    internal static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    private readonly ClientWebSocket _socket;

    private TestClient(ClientWebSocket socket) => _socket = socket;

    internal string ConnectionId { get; private set; } = "";

    internal string ReconnectionToken { get; private set; } = "";

    internal WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    internal string? CloseReason => _socket.CloseStatusDescription;

    /// <summary>Connects and, with a subprotocol, reads the connected frame.</summary>
    internal static async Task<TestClient> ConnectAsync(Uri url, string? subprotocol = Plain)
    {
        var client = await OpenAsync(url, subprotocol);
        if (subprotocol is not null)
        {
            var connected = await client.ReadJsonAsync();
            Assert.Equal("connected", connected.GetProperty("event").GetString());
            client.ConnectionId = connected.GetProperty("connectionId").GetString()!;
            client.ReconnectionToken = connected.TryGetProperty("reconnectionToken", out var token) ? token.GetString()! : "";
        }

        return client;
    }

    internal static async Task<TestClient> OpenAsync(Uri url, string? subprotocol)
    {
        var socket = new ClientWebSocket();
        if (subprotocol is not null)
        {
            socket.Options.AddSubProtocol(subprotocol);
        }

        using var guard = new CancellationTokenSource(Guard);
        await socket.ConnectAsync(url, guard.Token);
        return new TestClient(socket);
    }

    internal async Task SendAsync(string text, WebSocketMessageType type = WebSocketMessageType.Text, bool isLast = true)
    {
        using var guard = new CancellationTokenSource(Guard);
        await _socket.SendAsync(Encoding.UTF8.GetBytes(text), type, isLast, guard.Token);
    }

    internal async Task SendAsync(byte[] bytes, WebSocketMessageType type)
    {
        using var guard = new CancellationTokenSource(Guard);
        await _socket.SendAsync(bytes, type, true, guard.Token);
    }

    internal Task SendEventAsync(string name, string json, int? ackId = null)
    {
        var ack = ackId is { } id ? $"\"ackId\":{id}," : "";
        return SendAsync($$"""{"type":"event","event":"{{name}}",{{ack}}"dataType":"json","data":{{json}}}""");
    }

    /// <summary>The next message as text, or null once the server has closed.</summary>
    internal async Task<string?> ReadAsync()
    {
        using var guard = new CancellationTokenSource(Guard);
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var read = await _socket.ReceiveAsync(buffer.AsMemory(), guard.Token);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            message.Write(buffer, 0, read.Count);
            if (read.EndOfMessage)
            {
                return Encoding.UTF8.GetString(message.ToArray());
            }
        }
    }

    internal async Task<JsonElement> ReadJsonAsync()
    {
        var text = await ReadAsync();
        Assert.True(text is not null, $"The server closed instead: {CloseStatus} {CloseReason}.");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Reads on until the server closes, answers the close, and tells what the disconnected frame said.</summary>
    internal async Task<string?> ReadToCloseAsync()
    {
        string? said = null;
        while (await ReadAsync() is { } text)
        {
            var frame = JsonDocument.Parse(text).RootElement;
            said = frame.TryGetProperty("message", out var message) ? message.GetString() : said;
        }

        using var guard = new CancellationTokenSource(Guard);
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, guard.Token);
        return said;
    }

    internal async Task CloseAsync()
    {
        using var guard = new CancellationTokenSource(Guard);
        await _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", guard.Token);
    }

    /// <summary>Loses the socket: no close frame.</summary>
    internal void Drop() => _socket.Abort();

    public void Dispose() => _socket.Dispose();
}
