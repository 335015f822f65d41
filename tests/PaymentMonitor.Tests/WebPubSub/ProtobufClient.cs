using System.Net.WebSockets;
using Google.Protobuf;
using PaymentMonitor.Tests.WebPubSub.Frames;

namespace PaymentMonitor.Tests.WebPubSub;

/// <summary>A client of the two protobuf subprotocols, over frames that Google's code writes and reads.</summary>
internal sealed class ProtobufClient : IDisposable
{
    internal const string Plain = "protobuf.webpubsub.azure.v1";
    internal const string Reliable = "protobuf.reliable.webpubsub.azure.v1";

    private readonly ClientWebSocket _socket = new();

    internal DownstreamMessage.Types.Connected Connected { get; private set; } = new();

    internal WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    internal string? CloseReason => _socket.CloseStatusDescription;

    internal static async Task<ProtobufClient> ConnectAsync(Uri url, string subprotocol = Plain)
    {
        var client = await OpenAsync(url, subprotocol);
        client.Connected = (await client.ReadAsync()).System.Connected;
        return client;
    }

    internal static async Task<ProtobufClient> OpenAsync(Uri url, string subprotocol)
    {
        var client = new ProtobufClient();
        client._socket.Options.AddSubProtocol(subprotocol);
        using var guard = new CancellationTokenSource(TestClient.Guard);
        await client._socket.ConnectAsync(url, guard.Token);
        return client;
    }

    internal Task SendAsync(UpstreamMessage message) => SendAsync(message.ToByteArray());

    internal async Task SendAsync(byte[] bytes, WebSocketMessageType type = WebSocketMessageType.Binary)
    {
        using var guard = new CancellationTokenSource(TestClient.Guard);
        await _socket.SendAsync(bytes, type, true, guard.Token);
    }

    internal Task SendEventAsync(string name, MessageData data, ulong? ackId = null)
    {
        var sent = new UpstreamMessage.Types.Event { Event_ = name, Data = data };
        if (ackId is { } id)
        {
            sent.AckId = id;
        }

        return SendAsync(new UpstreamMessage { Event = sent });
    }

    internal async Task<DownstreamMessage> ReadAsync()
    {
        return await TryReadAsync() ?? throw new InvalidOperationException($"The server closed instead: {CloseStatus} {CloseReason}.");
    }

    /// <summary>Reads on until the server closes, and tells what the disconnected frame said.</summary>
    internal async Task<string?> ReadToCloseAsync()
    {
        string? said = null;
        while (await TryReadAsync() is { } message)
        {
            said = message.System?.Disconnected?.Reason ?? said;
        }

        return said;
    }

    /// <summary>Loses the socket: no close frame.</summary>
    internal void Drop() => _socket.Abort();

    public void Dispose() => _socket.Dispose();

    private async Task<DownstreamMessage?> TryReadAsync()
    {
        using var guard = new CancellationTokenSource(TestClient.Guard);
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var read = await _socket.ReceiveAsync(buffer.AsMemory(), guard.Token);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            Assert.Equal(WebSocketMessageType.Binary, read.MessageType);
            message.Write(buffer, 0, read.Count);
            if (read.EndOfMessage)
            {
                return DownstreamMessage.Parser.ParseFrom(message.ToArray());
            }
        }
    }
}
