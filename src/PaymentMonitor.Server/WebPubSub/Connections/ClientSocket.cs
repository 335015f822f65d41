using System.Buffers.Binary;
using System.Text.Unicode;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// One WebSocket. It writes everything that is queued in one go, so that an answer, its ack and a decision that come together
/// share a system call; and it holds buffers only while there is data, so that an idle socket costs next to nothing.
/// </summary>
/// <param name="gate">Guards the queue. A connection passes its own lock, so that what it queues and what it remembers change together.</param>
/// <param name="abort">Tears the socket down without a close frame.</param>
/// <param name="closeWait">How long a close frame may stay unanswered, and the last writes unfinished, before the socket is torn down.</param>
internal sealed class ClientSocket(Stream stream, Action abort, Lock gate, TimeSpan closeWait, TimeProvider time)
{
    private const int MaxCloseReasonBytes = WebSocketFrames.MaxControlBytes - sizeof(ushort);

    private FrameBuffer _queued = new();
    private FrameBuffer _writing = new();
    private bool _isWriting;
    private Closing? _ended;
    private TaskCompletionSource? _written;
    private long _heardAt = time.GetTimestamp();
    private long _askedAt = long.MinValue;

    /// <summary>What waits to be written. To be used under the gate.</summary>
    internal FrameBuffer Queue_NeedsLock => _queued;

    /// <summary>A close frame is queued or sent, and nothing may follow it.</summary>
    internal bool IsClosing_NeedsLock { get; private set; }

    internal TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _heardAt));

    /// <summary>For how long a ping has waited for any sign of life. Zero if none waits.</summary>
    internal TimeSpan Unanswered => IsAsked ? time.GetElapsedTime(_askedAt) : TimeSpan.Zero;

    private bool IsAsked => _askedAt > Volatile.Read(ref _heardAt);

    internal void QueueControl_NeedsLock(byte opcode, ReadOnlySpan<byte> payload)
    {
        if (!IsClosing_NeedsLock)
        {
            var mark = WebSocketFrames.Begin(_queued, payload.Length);
            _queued.Append(payload);
            WebSocketFrames.End(_queued, mark, opcode);
        }
    }

    internal void QueueClose_NeedsLock(ushort code, string reason)
    {
        if (IsClosing_NeedsLock)
        {
            return;
        }

        Span<byte> payload = stackalloc byte[WebSocketFrames.MaxControlBytes];
        BinaryPrimitives.WriteUInt16BigEndian(payload, code);
        Utf8.FromUtf16(reason, payload.Slice(sizeof(ushort), MaxCloseReasonBytes), out _, out var written);
        QueueControl_NeedsLock(WebSocketFrames.Close, payload[..(sizeof(ushort) + written)]);
        StartClosing_NeedsLock();
    }

    /// <returns>True: the caller must call <see cref="Write"/> once it has left the gate.</returns>
    internal bool StartWriting_NeedsLock()
    {
        if (_isWriting || _queued.IsEmpty || _ended is not null)
        {
            return false;
        }

        _isWriting = true;
        return true;
    }

    /// <summary>
    /// Writes what is queued, and what gets queued meanwhile; later, where this thread gathers its writes. Never blocks: the socket's
    /// slowness only makes the queue grow.
    /// </summary>
    internal void Write()
    {
        if (!GatheredWrites.TryAdd(this))
        {
            _ = WriteAsync();
        }
    }

    /// <summary>Ends the socket at once. The first cause counts.</summary>
    internal void Abort(Closing cause)
    {
        lock (gate)
        {
            if (_ended is not null)
            {
                return;
            }

            _ended = cause;
            _queued.Release();
        }

        abort();
    }

    /// <summary>Reads until the socket ends, and tells why it did.</summary>
    /// <param name="receive">Takes a text or binary message. A task to wait for before the next one is read, or null.</param>
    /// <param name="refuse">Is told of a violation of the WebSocket protocol; it is to close the socket.</param>
    internal async Task<Closing> ReadAsync(int maxMessageBytes, ReceiveMessage receive, Action<Closing> refuse)
    {
        var reader = new MessageReader(maxMessageBytes);
        try
        {
            while (true)
            {
                if (reader.IsIdle)
                {
#pragma warning disable CA2022 // Reads nothing on purpose: it waits without a buffer, as most sockets are idle most of the time.
                    await stream.ReadAsync(Memory<byte>.Empty);
#pragma warning restore CA2022
                }

                var count = await stream.ReadAsync(reader.Room());
                if (count == 0)
                {
                    return _ended ?? Closing.Dropped;
                }

                reader.Received(count);
                Volatile.Write(ref _heardAt, time.GetTimestamp());
                while (reader.TryTake(out var opcode, out var payload, out var violation) is var taken && taken != Taken.NeedsMore)
                {
                    if (taken == Taken.Violation)
                    {
                        refuse(violation!);
                        continue;
                    }

                    if (opcode == WebSocketFrames.Close)
                    {
                        AnswerClose(payload);
                        return _ended ?? Closing.ByClient;
                    }

                    if (Take(opcode, payload, receive) is { } wait)
                    {
                        await wait;
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            return _ended ?? Closing.Dropped;
        }
        finally
        {
            reader.Release();
        }
    }

    /// <summary>Closes a socket that belongs to no connection.</summary>
    internal void CloseWith(Closing closing)
    {
        bool write;
        lock (gate)
        {
            QueueClose_NeedsLock(closing.Code, closing.Name);
            write = StartWriting_NeedsLock();
        }

        if (write)
        {
            Write();
        }
    }

    /// <summary>Asks for a sign of life. Called by the sweep only.</summary>
    internal void Ping()
    {
        if (!IsAsked)
        {
            _askedAt = time.GetTimestamp();
        }

        QueueAndWrite(WebSocketFrames.Ping, []);
    }

    /// <summary>Waits until everything queued is written, or will never be.</summary>
    internal async Task DrainAsync()
    {
        while (true)
        {
            Task written;
            lock (gate)
            {
                if (!_isWriting)
                {
                    _ended ??= Closing.Dropped;
                    _queued.Release();
                    return;
                }

                _written ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                written = _written.Task;
            }

            await written;
        }
    }

    private void StartClosing_NeedsLock()
    {
        if (!IsClosing_NeedsLock)
        {
            IsClosing_NeedsLock = true;
            _ = AbortAfterAsync(closeWait);
        }
    }

    private async Task AbortAfterAsync(TimeSpan delay)
    {
        await Task.Delay(delay, time);
        Abort(Closing.Dropped);
    }

    private Task? Take(byte opcode, ReadOnlySpan<byte> payload, ReceiveMessage receive)
    {
        switch (opcode)
        {
            case WebSocketFrames.Text or WebSocketFrames.Binary:
                return receive(opcode, payload);
            case WebSocketFrames.Ping:
                QueueAndWrite(WebSocketFrames.Pong, payload);
                return null;
            default:
                return null;
        }
    }

    private void AnswerClose(ReadOnlySpan<byte> payload)
    {
        bool write;
        lock (gate)
        {
            // The client's code is echoed, as RFC 6455 asks; without one there is none to echo.
            QueueControl_NeedsLock(WebSocketFrames.Close, payload.Length >= sizeof(ushort) ? payload[..sizeof(ushort)] : []);
            StartClosing_NeedsLock();
            write = StartWriting_NeedsLock();
        }

        if (write)
        {
            Write();
        }
    }

    private void QueueAndWrite(byte opcode, ReadOnlySpan<byte> payload)
    {
        bool write;
        lock (gate)
        {
            QueueControl_NeedsLock(opcode, payload);
            write = StartWriting_NeedsLock();
        }

        if (write)
        {
            Write();
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            while (HasMore())
            {
                await stream.WriteAsync(_writing.Memory);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            Abort(Closing.Dropped);
            lock (gate)
            {
                StopWriting_NeedsLock();
            }
        }
    }

    private bool HasMore()
    {
        lock (gate)
        {
            _writing.Release();
            if (_queued.IsEmpty || _ended is not null)
            {
                StopWriting_NeedsLock();
                return false;
            }

            (_queued, _writing) = (_writing, _queued);
            return true;
        }
    }

    private void StopWriting_NeedsLock()
    {
        _isWriting = false;
        _writing.Release();
        _written?.TrySetResult();
        _written = null;
    }
}

internal delegate Task? ReceiveMessage(byte opcode, ReadOnlySpan<byte> payload);
