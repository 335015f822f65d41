using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>A client without a subprotocol: what it sends is the event <c>message</c>, what it gets is bare data. It has no system frames.</summary>
internal sealed class SimpleSubprotocol() : Subprotocol(name: null, isReliable: false)
{
    private const string EventName = "message";

    internal override bool TryRead(byte opcode, ReadOnlySpan<byte> message, NameCache names, out ClientFrame frame, out string fault)
    {
        fault = "";
        frame = new ClientFrame
        {
            Kind = ClientFrameKind.Event,
            Name = EventName,
            DataType = opcode == WebSocketFrames.Text ? MessageDataType.Text : MessageDataType.Binary,
            Data = message,
        };
        return true;
    }

    internal override void WriteConnected(FrameBuffer buffer, string connectionId, string? userId, string? reconnectionToken)
    {
    }

    internal override void WriteDisconnected(FrameBuffer buffer, string message)
    {
    }

    internal override void WriteAck(FrameBuffer buffer, ulong ackId, AckError? error)
    {
    }

    internal override void WritePong(FrameBuffer buffer)
    {
    }

    internal override void WriteMessage(FrameBuffer buffer, ulong sequenceId, in OutgoingMessage message)
    {
        var mark = WebSocketFrames.Begin(buffer, message.Data.Length);
        buffer.Append(message.Data);
        WebSocketFrames.End(buffer, mark, message.DataType is MessageDataType.Json or MessageDataType.Text ? WebSocketFrames.Text : WebSocketFrames.Binary);
    }
}
