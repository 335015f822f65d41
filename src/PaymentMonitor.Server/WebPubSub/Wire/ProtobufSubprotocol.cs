using System.Numerics;
using System.Text;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// <c>protobuf.webpubsub.azure.v1</c> and, with sequence ids, <c>protobuf.reliable.webpubsub.azure.v1</c>. The frames are so few and so flat
/// that their lengths are added up beforehand: nothing is written twice or moved.
/// </summary>
internal sealed class ProtobufSubprotocol(string name, bool isReliable) : Subprotocol(name, isReliable)
{
    private const uint Ack = 1;
    private const uint Data = 2;
    private const uint System = 3;
    private const uint Pong = 4;
    private const string FromServer = "server";
    private const string FromGroup = "group";

    internal override bool TryRead(byte opcode, ReadOnlySpan<byte> message, NameCache names, out ClientFrame frame, out string fault)
    {
        return ProtobufClientFrames.TryRead(opcode, message, names, out frame, out fault);
    }

    internal override void WriteConnected(FrameBuffer buffer, string connectionId, string? userId, string? reconnectionToken)
    {
        var connected = TextBytes(connectionId) + TextBytes(userId) + TextBytes(reconnectionToken);
        var mark = Begin(buffer, System, MessageBytes(connected));
        AppendHead(buffer, 1, connected);
        AppendText(buffer, 1, connectionId);
        AppendText(buffer, 2, userId);
        AppendText(buffer, 3, reconnectionToken);
        WebSocketFrames.End(buffer, mark, WebSocketFrames.Binary);
    }

    internal override void WriteDisconnected(FrameBuffer buffer, string message)
    {
        var mark = Begin(buffer, System, MessageBytes(TextBytes(message)));
        AppendHead(buffer, 2, TextBytes(message));
        AppendText(buffer, 2, message);
        WebSocketFrames.End(buffer, mark, WebSocketFrames.Binary);
    }

    internal override void WriteAck(FrameBuffer buffer, ulong ackId, AckError? error)
    {
        var inside = error is null ? 0 : TextBytes(error.Name) + TextBytes(error.Message);
        var mark = Begin(buffer, Ack, NumberBytes(ackId) + (error is null ? NumberBytes(1) : MessageBytes(inside)));
        AppendNumber(buffer, 1, ackId);
        if (error is null)
        {
            AppendNumber(buffer, 2, 1);
        }
        else
        {
            AppendHead(buffer, 3, inside);
            AppendText(buffer, 1, error.Name);
            AppendText(buffer, 2, error.Message);
        }

        WebSocketFrames.End(buffer, mark, WebSocketFrames.Binary);
    }

    internal override void WritePong(FrameBuffer buffer)
    {
        WebSocketFrames.End(buffer, Begin(buffer, Pong, 0), WebSocketFrames.Binary);
    }

    internal override void WriteMessage(FrameBuffer buffer, ulong sequenceId, in OutgoingMessage message)
    {
        var from = message.Group is null ? FromServer : FromGroup;
        var data = MessageBytes(message.Data.Length);
        var mark = Begin(buffer, Data, TextBytes(from) + TextBytes(message.Group) + MessageBytes(data) + NumberBytes(sequenceId));
        AppendText(buffer, 1, from);
        AppendText(buffer, 2, message.Group);
        AppendHead(buffer, 3, data);
        AppendHead(buffer, DataField(message.DataType), message.Data.Length);
        buffer.Append(message.Data);
        AppendNumber(buffer, 4, sequenceId);
        WebSocketFrames.End(buffer, mark, WebSocketFrames.Binary);
    }

    private static uint DataField(MessageDataType dataType) => dataType switch
    {
        MessageDataType.Text => 1,
        MessageDataType.Binary => 2,
        MessageDataType.Protobuf => 3,
        _ => 4,
    };

    private static FrameMark Begin(FrameBuffer buffer, uint field, int length)
    {
        var mark = WebSocketFrames.Begin(buffer, MessageBytes(length));
        AppendHead(buffer, field, length);
        return mark;
    }

    /// <summary>What a message of this length takes with its tag and its length before it; every field's number here is below 16, so that a tag is one byte.</summary>
    private static int MessageBytes(int length) => 1 + VarintBytes((ulong)length) + length;

    private static int TextBytes(string? text) => text is null ? 0 : MessageBytes(Encoding.UTF8.GetByteCount(text));

    private static int NumberBytes(ulong number) => number == 0 ? 0 : 1 + VarintBytes(number);

    private static int VarintBytes(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    private static void AppendHead(FrameBuffer buffer, uint field, int length)
    {
        buffer.Append((byte)((field << 3) | Wire.Bytes));
        AppendVarint(buffer, (ulong)length);
    }

    private static void AppendText(FrameBuffer buffer, uint field, string? text)
    {
        if (text is null)
        {
            return;
        }

        var count = Encoding.UTF8.GetByteCount(text);
        AppendHead(buffer, field, count);
        buffer.Advance(Encoding.UTF8.GetBytes(text, buffer.GetSpan(count)));
    }

    private static void AppendNumber(FrameBuffer buffer, uint field, ulong number)
    {
        if (number != 0)
        {
            buffer.Append((byte)((field << 3) | Wire.Varint));
            AppendVarint(buffer, number);
        }
    }

    private static void AppendVarint(FrameBuffer buffer, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            buffer.Append((byte)(value | 0x80));
        }

        buffer.Append((byte)value);
    }
}
