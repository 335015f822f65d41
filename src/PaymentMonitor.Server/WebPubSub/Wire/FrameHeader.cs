namespace PaymentMonitor.Server.WebPubSub;

/// <param name="HasReservedBits">A bit is set that only an extension may set; none is agreed on here.</param>
/// <param name="HeaderBytes">The header's own length, mask included.</param>
/// <param name="PayloadBytes">As the client says: to be checked before it is believed.</param>
internal readonly record struct FrameHeader(
    byte Opcode, bool IsFinal, bool HasReservedBits, bool IsMasked, uint Mask, int HeaderBytes, ulong PayloadBytes)
{
    internal bool IsControl => Opcode >= WebSocketFrames.Close;
}

/// <summary>Where a frame that is being written starts, and how many bytes were left for its header.</summary>
internal readonly record struct FrameMark(int Start, int HeaderBytes);
