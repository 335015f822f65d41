using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace PaymentMonitor.Tests.WebPubSub;

/// <summary>A WebSocket on bare TCP, for what no client library would send.</summary>
internal sealed class RawSocket : IDisposable
{
    private readonly TcpClient _tcp = new();
    private NetworkStream _stream = null!;

    internal static async Task<RawSocket> ConnectAsync(Uri url, string subprotocol)
    {
        var socket = new RawSocket();
        await socket._tcp.ConnectAsync(url.Host, url.Port);
        socket._stream = socket._tcp.GetStream();
        var request = $"GET {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
            $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {subprotocol}\r\n\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        await socket.ReadHeadAsync();
        return socket;
    }

    internal ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes);

    /// <summary>A frame with a mask of zeroes, which leaves the payload as it is.</summary>
    internal ValueTask SendFrameAsync(byte first, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[14 + payload.Length];
        frame[0] = first;
        frame[1] = 0x80 | 127;
        BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), (ulong)payload.Length);
        payload.CopyTo(frame.AsSpan(14));
        return SendAsync(frame);
    }

    /// <summary>The payload of the next frame. Null: the connection has ended.</summary>
    internal async Task<(int Opcode, byte[] Payload)?> ReadFrameAsync()
    {
        using var guard = new CancellationTokenSource(TestClient.Guard);
        var head = new byte[2];
        if (await _stream.ReadAtLeastAsync(head, 2, throwOnEndOfStream: false, guard.Token) < 2)
        {
            return null;
        }

        int length = head[1];
        if (length >= 126)
        {
            var extended = new byte[length == 126 ? 2 : 8];
            await _stream.ReadExactlyAsync(extended, guard.Token);
            length = extended.Aggregate(0, (sum, part) => (sum << 8) | part);
        }

        var payload = new byte[length];
        await _stream.ReadExactlyAsync(payload, guard.Token);
        return (head[0] & 0x0F, payload);
    }

    /// <summary>Reads on to the close frame, and gives its code and reason.</summary>
    internal async Task<(int Code, string Reason)> ReadCloseAsync()
    {
        while (await ReadFrameAsync() is { } frame)
        {
            if (frame.Opcode == 8)
            {
                return (BinaryPrimitives.ReadUInt16BigEndian(frame.Payload), Encoding.UTF8.GetString(frame.Payload.AsSpan(2)));
            }
        }

        throw new InvalidOperationException("The connection ended without a close frame.");
    }

    /// <summary>Reads on until the server has ended the connection.</summary>
    internal async Task ReadToEndAsync()
    {
        try
        {
            while (await ReadFrameAsync() is not null)
            {
            }
        }
        catch (IOException)
        {
            // A reset is an end too.
        }
    }

    public void Dispose() => _tcp.Dispose();

    private async Task ReadHeadAsync()
    {
        var head = new StringBuilder();
        using var guard = new CancellationTokenSource(TestClient.Guard);
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await _stream.ReadExactlyAsync(one, guard.Token);
            head.Append((char)one[0]);
        }

        Assert.StartsWith("HTTP/1.1 101", head.ToString(), StringComparison.Ordinal);
        Assert.Contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", head.ToString(), StringComparison.Ordinal);
    }
}
