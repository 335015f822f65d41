using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// One WebSocket and its subprotocol. One reader and one writer at a time. It dies by an exception from either; a new or recovered
/// connection is a new socket.
/// </summary>
internal sealed class MachineSocket : IDisposable
{
    /// <summary>Holds nearly every receipt and decision; a longer message borrows more for as long as it is read.</summary>
    private const int ReceiveBytes = 2 * 1024;

    /// <summary>The service's own limit for a message.</summary>
    private const int MaxMessageBytes = 1024 * 1024;

    private const int GoingAway = 1001;
    private const int PolicyViolation = 1008;
    private const int ServiceRestart = 1012;
    private const int TryAgainLater = 1013;

    private readonly ClientWebSocket _socket;
    private readonly MachineFrames _frames;

    private MachineSocket(ClientWebSocket socket, MachineFrames frames)
    {
        _socket = socket;
        _frames = frames;
    }

    /// <summary>Makes a new connection.</summary>
    /// <exception cref="ConnectFailedException">There is no connection, for the reason it carries.</exception>
    internal static Task<MachineSocket> ConnectAsync(Session session, MachineClientOptions options, HttpMessageInvoker http, CancellationToken cancellationToken)
    {
        return OpenAsync(session.Url, session.Token, options, http, cancellationToken);
    }

    /// <summary>Opens a socket for a connection that lost its own. Whether the service still knows that connection is said on the socket.</summary>
    /// <exception cref="ConnectFailedException">There is no socket, for the reason it carries.</exception>
    internal static Task<MachineSocket> RecoverAsync(Uri address, MachineClientOptions options, HttpMessageInvoker http, CancellationToken cancellationToken)
    {
        return OpenAsync(address, token: null, options, http, cancellationToken);
    }

    internal ValueTask SendOrderAsync(ReportedEvent reported, CancellationToken cancellationToken) => SendAsync(_frames.Order(reported), cancellationToken);

    internal ValueTask SendSyncAsync(SyncRequest sync, CancellationToken cancellationToken) => SendAsync(_frames.Sync(sync), cancellationToken);

    internal ValueTask SendSequenceAckAsync(ulong sequenceId, CancellationToken cancellationToken) => SendAsync(_frames.SequenceAck(sequenceId), cancellationToken);

    internal ValueTask SendPingAsync(CancellationToken cancellationToken) => SendAsync(_frames.Ping(), cancellationToken);

    /// <summary>Hands over each frame, one after the other, until the service closes the socket.</summary>
    internal async Task<ConnectionEnd> ReceiveAsync(ReceiveFrame received, CancellationToken cancellationToken)
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
                    return Closed();
                }

                length += part.Count;
                if (!part.EndOfMessage)
                {
                    continue;
                }

                received(_frames.Read(buffer.AsSpan(0, length)));
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

    public void Dispose() => _socket.Dispose();

    private static async Task<MachineSocket> OpenAsync(
        Uri address, string? token, MachineClientOptions options, HttpMessageInvoker http, CancellationToken cancellationToken)
    {
        var frames = MachineFrames.Of(options.Subprotocol);
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(frames.Subprotocol);
            if (token is not null)
            {
                socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
            }

            socket.Options.KeepAliveInterval = options.KeepAliveInterval;
            socket.Options.KeepAliveTimeout = options.KeepAliveInterval;
            socket.Options.CollectHttpResponseDetails = true;
            await socket.ConnectAsync(address, http, cancellationToken).ConfigureAwait(false);
            socket.HttpResponseHeaders = null;
            return new MachineSocket(socket, frames);
        }
        catch (Exception e) when (e is WebSocketException or HttpRequestException)
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            throw new ConnectFailedException(new ConnectionEnd(Reason(status), $"{address.GetLeftPart(UriPartial.Path)} gave no connection: {e.Message}"), e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static EndReason Reason(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => EndReason.TokenRefused,
        HttpStatusCode.TooManyRequests => EndReason.Throttled,
        _ => EndReason.Unreachable,
    };

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

    private ConnectionEnd Closed()
    {
        var code = (int?)_socket.CloseStatus;
        var reason = code switch
        {
            GoingAway or ServiceRestart or TryAgainLater => EndReason.GoingAway,
            PolicyViolation or (int)WebSocketCloseStatus.NormalClosure => EndReason.Closed,
            _ => EndReason.Dropped,
        };
        return new ConnectionEnd(reason, $"closed by the service ({code}: {_socket.CloseStatusDescription})");
    }

    private ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        return _socket.SendAsync(frame, _frames.MessageType, endOfMessage: true, cancellationToken);
    }
}

internal delegate void ReceiveFrame(in ServerFrame frame);
