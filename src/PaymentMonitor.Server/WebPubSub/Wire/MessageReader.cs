using System.Text.Unicode;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// Cuts what a socket receives into WebSocket messages: checks the frames against RFC 6455, unmasks them in place and joins fragments.
/// It does no reading itself, so that the loop that does has one state machine for the whole life of a socket.
/// </summary>
internal sealed class MessageReader(int maxMessageBytes)
{
    private const int ReadBytes = 2048;

    private readonly FrameBuffer _received = new();
    private FrameBuffer? _fragments;
    private byte _fragmentsOpcode;
    private int _taken;
    private ulong _skip;

    /// <summary>Nothing is held, and so no memory either: wait for data before asking for <see cref="Room"/>.</summary>
    internal bool IsIdle => _received.IsEmpty;

    /// <summary>Where the next bytes go. Grows with what comes, not with what a header promises.</summary>
    internal Memory<byte> Room() => _received.GetMemory(Math.Max(ReadBytes - _received.Length, 512));

    internal void Received(int count) => _received.Advance(count);

    internal void Release()
    {
        _received.Release();
        _fragments?.Release();
    }

    /// <summary>Takes the next message, whose payload is valid until the next call. <see cref="Taken.NeedsMore"/>: read, then call again.</summary>
    internal Taken TryTake(out byte opcode, out ReadOnlySpan<byte> payload, out Closing? violation)
    {
        _received.Consume(_taken);
        _taken = 0;
        if (_fragmentsOpcode == 0)
        {
            _fragments?.Release();
        }

        while (true)
        {
            Skip();
            opcode = 0;
            payload = default;
            violation = null;
            if (!WebSocketFrames.TryReadHeader(_received.Span, out var header))
            {
                return Taken.NeedsMore;
            }

            violation = Check(header);
            if (violation is not null)
            {
                // What is only too large is stepped over, so that the client's close frame is still found behind it.
                _skip = violation.Name == Closing.TooLarge ? (ulong)header.HeaderBytes + header.PayloadBytes : ulong.MaxValue;
                return Taken.Violation;
            }

            var frameBytes = header.HeaderBytes + (int)header.PayloadBytes;
            if (_received.Length < frameBytes)
            {
                return Taken.NeedsMore;
            }

            var body = _received.Span[header.HeaderBytes..frameBytes];
            WebSocketFrames.Unmask(body, header.Mask);
            if (header is { IsControl: false } and not { IsFinal: true, Opcode: not WebSocketFrames.Continuation })
            {
                // Fragments are rare, so that copying them costs nobody anything.
                Join(header, body);
                _received.Consume(frameBytes);
                if (!header.IsFinal)
                {
                    continue;
                }

                opcode = _fragmentsOpcode;
                payload = _fragments!.Span;
                _fragmentsOpcode = 0;
            }
            else
            {
                opcode = header.Opcode;
                payload = body;
                _taken = frameBytes;
            }

            if (opcode == WebSocketFrames.Text && !Utf8.IsValid(payload))
            {
                violation = Closing.NotUtf8;
                return Taken.Violation;
            }

            return Taken.Message;
        }
    }

    private void Skip()
    {
        var count = (int)Math.Min(_skip, (ulong)_received.Length);
        _received.Consume(count);
        _skip -= (ulong)count;
    }

    private Closing? Check(in FrameHeader header)
    {
        if (header.HasReservedBits)
        {
            return Closing.ProtocolError("A frame sets a reserved bit, and no extension was agreed on.");
        }

        if (!header.IsMasked)
        {
            return Closing.UnmaskedFrame;
        }

        if (header.IsControl)
        {
            return header is { Opcode: <= WebSocketFrames.Pong, IsFinal: true, PayloadBytes: <= WebSocketFrames.MaxControlBytes }
                ? null
                : Closing.ProtocolError("A control frame is unknown, fragmented or longer than 125 bytes.");
        }

        if (header.Opcode > WebSocketFrames.Binary || (header.Opcode == WebSocketFrames.Continuation) != (_fragmentsOpcode != 0))
        {
            return Closing.ProtocolError("A data frame has an unknown opcode, or fragments of two messages are mixed.");
        }

        var before = _fragmentsOpcode != 0 ? _fragments!.Length : 0;
        return header.PayloadBytes > (ulong)(maxMessageBytes - before) ? Closing.MessageTooLarge(maxMessageBytes) : null;
    }

    private void Join(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        _fragments ??= new FrameBuffer();
        if (header.Opcode != WebSocketFrames.Continuation)
        {
            _fragmentsOpcode = header.Opcode;
        }

        _fragments.Append(body);
    }
}

internal enum Taken
{
    NeedsMore,
    Message,
    Violation,
}
