using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace PaymentMonitor.Benchmarks.Sockets;

/// <summary>
/// One machine's WebSocket, for one thread. It owns no buffer while nothing is under way: what arrives is read into the
/// caller's buffer, and what is sent leaves with the next <see cref="Flush"/>, all frames of a turn in one system call.
/// </summary>
internal sealed class ClientSocket : IDisposable
{
    private readonly Socket _socket;
    private byte[]? _out;
    private int _outStart;
    private int _outEnd;
    private byte[]? _partial;
    private int _partialLength;

    private ClientSocket(Socket socket, int index)
    {
        _socket = socket;
        Index = index;
        Handle = socket.Handle;
    }

    internal int Index { get; }

    internal nint Handle { get; }

    internal bool Open { get; private set; } = true;

    internal bool HasOutput => _outEnd > _outStart;

    /// <summary>Set while the socket is on its owner's list of sockets to flush.</summary>
    internal bool Queued { get; set; }

    /// <summary>Connects and shakes hands; blocks meanwhile.</summary>
    /// <exception cref="IOException">The server did not switch to WebSocket; the message carries its answer.</exception>
    internal static ClientSocket Connect(IPEndPoint server, string path, string? subprotocol, string? bearer, int index)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000 };
        try
        {
            socket.Connect(server);
            var request = new StringBuilder()
                .Append($"GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")
                .Append($"Sec-WebSocket-Key: {Convert.ToBase64String(RandomNumberGenerator.GetBytes(16))}\r\n")
                .Append(subprotocol is null ? "" : $"Sec-WebSocket-Protocol: {subprotocol}\r\n")
                .Append(bearer is null ? "" : $"Authorization: Bearer {bearer}\r\n")
                .Append("\r\n");
            _ = socket.Send(Encoding.ASCII.GetBytes(request.ToString()));

            var client = new ClientSocket(socket, index);
            client.KeepRest(ReadAnswer(socket));
            socket.Blocking = false;
            return client;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Open = false;
        Release(ref _out);
        Release(ref _partial);
        _socket.Dispose();
    }

    internal void Queue(byte head, ReadOnlySpan<byte> payload)
    {
        var room = payload.Length + ClientFrame.MaxHeaderBytes;
        if (_out is null)
        {
            _out = ArrayPool<byte>.Shared.Rent(Math.Max(room, 1024));
        }
        else if (_out.Length - _outEnd < room)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_outEnd - _outStart + Math.Max(room, _out.Length));
            _out.AsSpan(_outStart, _outEnd - _outStart).CopyTo(larger);
            _outEnd -= _outStart;
            _outStart = 0;
            ArrayPool<byte>.Shared.Return(_out);
            _out = larger;
        }

        _outEnd += ClientFrame.Write(_out.AsSpan(_outEnd), head, payload);
    }

    /// <summary>Sends what is queued, as far as the kernel takes it.</summary>
    /// <returns>False when some is left and the socket must be watched for room.</returns>
    internal bool Flush()
    {
        while (Open && HasOutput)
        {
            var sent = _socket.Send(_out.AsSpan(_outStart, _outEnd - _outStart), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                return false;
            }

            if (error != SocketError.Success)
            {
                Dispose();
                return true;
            }

            _outStart += sent;
        }

        _outStart = _outEnd = 0;
        Release(ref _out);
        return true;
    }

    /// <summary>Reads what has arrived and hands each text message to <paramref name="reader"/>.</summary>
    internal void Receive(byte[] buffer, IMessageReader reader)
    {
        while (Open)
        {
            var kept = TakeRest(ref buffer);
            var received = _socket.Receive(buffer.AsSpan(kept), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                KeepRest(buffer.AsSpan(0, kept));
                return;
            }

            if (error != SocketError.Success || received == 0)
            {
                Dispose();
                return;
            }

            var filled = kept + received == buffer.Length;
            KeepRest(Deliver(buffer.AsSpan(0, kept + received), reader));
            if (!filled)
            {
                return;
            }
        }
    }

    private Span<byte> Deliver(Span<byte> bytes, IMessageReader reader)
    {
        while (ClientFrame.TryRead(bytes, out var head, out var payload, out var total))
        {
            switch (head)
            {
                case ClientFrame.Text:
                    reader.Read(this, payload);
                    break;
                case ClientFrame.Ping:
                    Queue(ClientFrame.Pong, payload);
                    break;
                case ClientFrame.Close:
                    Dispose();
                    return [];
                default:
                    break;
            }

            bytes = bytes[total..];
        }

        return bytes;
    }

    private int TakeRest(ref byte[] buffer)
    {
        if (_partial is null)
        {
            return 0;
        }

        if (_partialLength >= buffer.Length / 2)
        {
            buffer = new byte[_partialLength * 4];
        }

        _partial.AsSpan(0, _partialLength).CopyTo(buffer);
        Release(ref _partial);
        return _partialLength;
    }

    private void KeepRest(ReadOnlySpan<byte> rest)
    {
        if (rest.Length > 0 && Open)
        {
            _partial = ArrayPool<byte>.Shared.Rent(rest.Length);
            _partialLength = rest.Length;
            rest.CopyTo(_partial);
        }
    }

    private static ReadOnlySpan<byte> ReadAnswer(Socket socket)
    {
        var buffer = new byte[8192];
        var length = 0;
        while (true)
        {
            var received = socket.Receive(buffer.AsSpan(length));
            length += received;
            var answer = buffer.AsSpan(0, length);
            var end = answer.IndexOf("\r\n\r\n"u8);
            if (end >= 0 && answer.StartsWith("HTTP/1.1 101"u8))
            {
                return answer[(end + 4)..];
            }

            if (end >= 0 || received == 0 || length == buffer.Length)
            {
                throw new IOException($"The server did not switch to WebSocket. It said: {Encoding.UTF8.GetString(answer).Split('\r')[0]}");
            }
        }
    }

    private static void Release(ref byte[]? buffer)
    {
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = null;
        }
    }
}
