using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// <c>json.webpubsub.azure.v1</c> and, with sequence ids, <c>json.reliable.webpubsub.azure.v1</c>. Frames are written by hand: the fixed
/// parts are constants, and JSON data is copied as it is.
/// </summary>
internal sealed class JsonSubprotocol(string name, bool isReliable) : Subprotocol(name, isReliable)
{
    private const int FixedPartsBytes = 128;
    private const int MaxNumberBytes = 20;

    internal override bool TryRead(byte opcode, ReadOnlySpan<byte> message, NameCache names, out ClientFrame frame, out string fault)
    {
        return JsonClientFrames.TryRead(message, names, out frame, out fault);
    }

    internal override void WriteConnected(FrameBuffer buffer, string connectionId, string? userId, string? reconnectionToken)
    {
        var mark = WebSocketFrames.Begin(buffer, 2 * FixedPartsBytes);
        buffer.Append("""{"type":"system","event":"connected","userId":"""u8);
        AppendString(buffer, userId);
        buffer.Append(""","connectionId":"""u8);
        AppendString(buffer, connectionId);
        if (reconnectionToken is not null)
        {
            buffer.Append(""","reconnectionToken":"""u8);
            AppendString(buffer, reconnectionToken);
        }

        buffer.Append("}"u8);
        WebSocketFrames.End(buffer, mark, WebSocketFrames.Text);
    }

    internal override void WriteDisconnected(FrameBuffer buffer, string message)
    {
        var mark = WebSocketFrames.Begin(buffer, FixedPartsBytes + message.Length);
        buffer.Append("""{"type":"system","event":"disconnected","message":"""u8);
        AppendString(buffer, message);
        buffer.Append("}"u8);
        WebSocketFrames.End(buffer, mark, WebSocketFrames.Text);
    }

    internal override void WriteAck(FrameBuffer buffer, ulong ackId, AckError? error)
    {
        var mark = WebSocketFrames.Begin(buffer, error is null ? WebSocketFrames.MaxControlBytes : FixedPartsBytes + error.Message.Length);
        buffer.Append("""{"type":"ack","ackId":"""u8);
        AppendNumber(buffer, ackId);
        if (error is null)
        {
            buffer.Append(""","success":true}"""u8);
        }
        else
        {
            buffer.Append(""","success":false,"error":{"name":"""u8);
            AppendString(buffer, error.Name);
            buffer.Append(""","message":"""u8);
            AppendString(buffer, error.Message);
            buffer.Append("}}"u8);
        }

        WebSocketFrames.End(buffer, mark, WebSocketFrames.Text);
    }

    internal override void WritePong(FrameBuffer buffer)
    {
        var mark = WebSocketFrames.Begin(buffer, WebSocketFrames.MaxControlBytes);
        buffer.Append("""{"type":"pong"}"""u8);
        WebSocketFrames.End(buffer, mark, WebSocketFrames.Text);
    }

    internal override void WriteMessage(FrameBuffer buffer, ulong sequenceId, in OutgoingMessage message)
    {
        var mark = WebSocketFrames.Begin(buffer, FixedPartsBytes + message.Data.Length);
        if (sequenceId > 0)
        {
            buffer.Append("""{"sequenceId":"""u8);
            AppendNumber(buffer, sequenceId);
            buffer.Append(""","type":"message","from":"""u8);
        }
        else
        {
            buffer.Append("""{"type":"message","from":"""u8);
        }

        if (message.Group is null)
        {
            buffer.Append("\"server\""u8);
        }
        else
        {
            buffer.Append("""
                "group","group":
                """u8);
            AppendString(buffer, message.Group);
            if (message.FromUserId is not null)
            {
                buffer.Append(""","fromUserId":"""u8);
                AppendString(buffer, message.FromUserId);
            }
        }

        AppendData(buffer, message);
        WebSocketFrames.End(buffer, mark, WebSocketFrames.Text);
    }

    private static void AppendData(FrameBuffer buffer, in OutgoingMessage message)
    {
        switch (message.DataType)
        {
            case MessageDataType.Json:
                buffer.Append(""","dataType":"json","data":"""u8);
                buffer.Append(message.Data);
                break;
            case MessageDataType.Text:
                buffer.Append(""","dataType":"text","data":"""u8);
                AppendString(buffer, message.Data);
                break;
            default:
                buffer.Append(message.DataType == MessageDataType.Binary ? ""","dataType":"binary","data":"""u8 : ""","dataType":"protobuf","data":"""u8);
                AppendBase64(buffer, message.Data);
                break;
        }

        buffer.Append("}"u8);
    }

    private static void AppendNumber(FrameBuffer buffer, ulong number)
    {
        Utf8Formatter.TryFormat(number, buffer.GetSpan(MaxNumberBytes), out var written);
        buffer.Advance(written);
    }

    private static void AppendString(FrameBuffer buffer, string? text)
    {
        if (text is null)
        {
            buffer.Append("null"u8);
            return;
        }

        var room = buffer.GetSpan(3 * text.Length);
        Utf8.FromUtf16(text, room, out _, out var written);
        AppendString(buffer, room[..written].ToArray());
    }

    private static void AppendString(FrameBuffer buffer, ReadOnlySpan<byte> utf8)
    {
        buffer.Append((byte)'"');
        while (!utf8.IsEmpty)
        {
            // The encoder stops where its output is full; every turn has room for at least one escape.
            JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(utf8, buffer.GetSpan(utf8.Length + 16), out var read, out var written);
            buffer.Advance(written);
            utf8 = utf8[read..];
        }

        buffer.Append((byte)'"');
    }

    private static void AppendBase64(FrameBuffer buffer, ReadOnlySpan<byte> bytes)
    {
        buffer.Append((byte)'"');
        Base64.EncodeToUtf8(bytes, buffer.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out var written);
        buffer.Advance(written);
        buffer.Append((byte)'"');
    }
}
