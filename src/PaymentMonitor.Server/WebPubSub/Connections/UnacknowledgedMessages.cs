namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// The messages that a reliable client has not acknowledged, as the very frames that were or will be sent, so that a recovered
/// connection gets them again. Sequence ids have no gaps, so the first frame's id names them all. Not thread-safe.
/// </summary>
internal sealed class UnacknowledgedMessages
{
    private readonly FrameBuffer _frames = new();
    private ulong _lastSequenceId;

    internal int Count { get; private set; }

    internal int Bytes => _frames.Length;

    /// <summary>All frames, oldest first.</summary>
    internal ReadOnlySpan<byte> Frames => _frames.Span;

    /// <returns>The frame with its new sequence id; valid until the next call.</returns>
    internal ReadOnlySpan<byte> Append(Subprotocol subprotocol, in OutgoingMessage message)
    {
        var start = _frames.Length;
        subprotocol.WriteMessage(_frames, ++_lastSequenceId, message);
        Count++;
        return _frames.Span[start..];
    }

    /// <summary>Drops the message with this id and all before it. An id from the future drops no more than there is.</summary>
    internal void Acknowledge(ulong sequenceId)
    {
        while (Count > 0 && _lastSequenceId - (ulong)Count + 1 <= sequenceId)
        {
            WebSocketFrames.TryReadHeader(_frames.Span, out var header);
            _frames.Consume(header.HeaderBytes + (int)header.PayloadBytes);
            Count--;
        }
    }

    internal void Release()
    {
        _frames.Release();
        Count = 0;
    }
}
