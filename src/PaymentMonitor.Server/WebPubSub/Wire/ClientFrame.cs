namespace PaymentMonitor.Server.WebPubSub;

/// <summary>What a client said in one message, whatever the subprotocol.</summary>
internal ref struct ClientFrame
{
    internal ClientFrameKind Kind;

    /// <summary>The event's or the group's name.</summary>
    internal string Name;

    internal ulong? AckId;

    /// <summary>The message that a sequenceAck acknowledges, with all before it.</summary>
    internal ulong SequenceId;

    internal bool NoEcho;

    internal MessageDataType DataType;

    /// <summary>The data in its plain form: a JSON value, UTF-8 text, or bytes. Valid as long as the message it was read from.</summary>
    internal ReadOnlySpan<byte> Data;
}

internal enum ClientFrameKind
{
    Event,
    JoinGroup,
    LeaveGroup,
    SendToGroup,
    SequenceAck,
    Ping,
}
