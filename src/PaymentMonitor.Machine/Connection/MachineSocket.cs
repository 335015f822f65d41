using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// One WebSocket that speaks <c>json.webpubsub.azure.v1</c>. One reader and one writer at a time. It dies by an exception from
/// either; a new connection is a new socket.
/// </summary>
internal sealed class MachineSocket : IDisposable
{
    private const string Subprotocol = "json.webpubsub.azure.v1";

    /// <summary>Holds nearly every receipt and decision; a longer message borrows more for as long as it is read.</summary>
    private const int ReceiveBytes = 2 * 1024;

    /// <summary>The service's own limit for a message.</summary>
    private const int MaxMessageBytes = 1024 * 1024;

    private readonly ClientWebSocket _socket;
    private readonly ArrayBufferWriter<byte> _frame = new(512);
    private readonly Utf8JsonWriter _writer;

    private MachineSocket(ClientWebSocket socket)
    {
        _socket = socket;
        _writer = new Utf8JsonWriter(_frame);
    }

    /// <exception cref="ConnectFailedException">There is no connection, for the reason it carries.</exception>
    internal static async Task<MachineSocket> ConnectAsync(
        Session session, TimeSpan keepAliveInterval, HttpMessageInvoker http, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(Subprotocol);
            socket.Options.SetRequestHeader("Authorization", $"Bearer {session.Token}");
            socket.Options.KeepAliveInterval = keepAliveInterval;
            socket.Options.KeepAliveTimeout = keepAliveInterval;
            socket.Options.CollectHttpResponseDetails = true;
            await socket.ConnectAsync(session.Url, http, cancellationToken).ConfigureAwait(false);
            socket.HttpResponseHeaders = null;
            return new MachineSocket(socket);
        }
        catch (Exception e) when (e is WebSocketException or HttpRequestException)
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            var reason = status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? EndReason.TokenRefused : EndReason.Unreachable;
            throw new ConnectFailedException(new ConnectionEnd(reason, $"{session.Url.GetLeftPart(UriPartial.Path)} gave no connection: {e.Message}"), e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal ValueTask SendOrderAsync(ReportedEvent reported, CancellationToken cancellationToken)
    {
        Begin("order"u8);
        EventJson.Write(_writer, reported);
        return SendAsync(cancellationToken);
    }

    internal ValueTask SendSyncAsync(SyncRequest sync, CancellationToken cancellationToken)
    {
        Begin("sync"u8);
        JsonSerializer.Serialize(_writer, sync, WireJson.Default.SyncRequest);
        return SendAsync(cancellationToken);
    }

    /// <summary>Hands over each message, one after the other, until the connection ends.</summary>
    /// <returns>Why it ended.</returns>
    internal async Task<string> ReceiveAsync(Action<ReadOnlySpan<byte>> received, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReceiveBytes);
        try
        {
            var length = 0;
            while (true)
            {
                if (length == buffer.Length)
                {
                    buffer = Grow(buffer);
                }

                var part = await _socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return $"closed by the service ({(int?)_socket.CloseStatus}: {_socket.CloseStatusDescription})";
                }

                length += part.Count;
                if (!part.EndOfMessage)
                {
                    continue;
                }

                received(buffer.AsSpan(0, length));
                length = 0;
                if (buffer.Length > 16 * ReceiveBytes)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = ArrayPool<byte>.Shared.Rent(ReceiveBytes);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Says goodbye, so that the service need not find out by itself. Best effort.</summary>
    internal async Task CloseAsync(TimeSpan timeout)
    {
        if (_socket.State != WebSocketState.Open)
        {
            return;
        }

        using var giveUp = new CancellationTokenSource(timeout);
        try
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, giveUp.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The socket is gone, which is what was wanted.
        }
    }

    public void Dispose()
    {
        _writer.Dispose();
        _socket.Dispose();
    }

    private static byte[] Grow(byte[] buffer)
    {
        if (buffer.Length >= MaxMessageBytes)
        {
            throw new WebSocketException(WebSocketError.InvalidMessageType, $"A message has more than {MaxMessageBytes} bytes.");
        }

        var larger = ArrayPool<byte>.Shared.Rent(2 * buffer.Length);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private void Begin(ReadOnlySpan<byte> eventName)
    {
        _frame.ResetWrittenCount();
        _writer.Reset(_frame);
        _writer.WriteStartObject();
        _writer.WriteString("type"u8, "event"u8);
        _writer.WriteString("event"u8, eventName);
        _writer.WriteString("dataType"u8, "json"u8);
        _writer.WritePropertyName("data"u8);
    }

    private ValueTask SendAsync(CancellationToken cancellationToken)
    {
        _writer.WriteEndObject();
        _writer.Flush();
        return _socket.SendAsync(_frame.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
    }
}
