using System.Text.Unicode;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>Reads a client's Protocol Buffers frame: one <c>UpstreamMessage</c>. Unknown fields are ignored, unknown messages are not.</summary>
internal static class ProtobufClientFrames
{
    private const int MaxNameChars = 1024;

    private const uint SendToGroup = (1 << 3) | Wire.Bytes;
    private const uint Event = (5 << 3) | Wire.Bytes;
    private const uint JoinGroup = (6 << 3) | Wire.Bytes;
    private const uint LeaveGroup = (7 << 3) | Wire.Bytes;
    private const uint SequenceAck = (8 << 3) | Wire.Bytes;
    private const uint Ping = (9 << 3) | Wire.Bytes;

    private const uint First = 1 << 3;
    private const uint Second = 2 << 3;
    private const uint Third = 3 << 3;
    private const uint Fourth = 4 << 3;

    internal static bool TryRead(byte opcode, ReadOnlySpan<byte> message, NameCache names, out ClientFrame frame, out string fault)
    {
        frame = default;
        try
        {
            fault = opcode == WebSocketFrames.Binary ? Read(message, names, ref frame) ?? "" : "A frame of this subprotocol is a binary message.";
        }
        catch (ProtobufException e)
        {
            fault = $"The frame is not valid Protocol Buffers. {e.Message}";
        }

        return fault.Length == 0;
    }

    private static string? Read(ReadOnlySpan<byte> message, NameCache names, ref ClientFrame frame)
    {
        var kind = 0u;
        var inside = ReadOnlySpan<byte>.Empty;
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            if ((tag & 7) == Wire.Bytes)
            {
                // Of several, the last counts: that is how Protocol Buffers has it.
                kind = tag;
                inside = reader.Bytes();
            }
            else
            {
                reader.Skip(tag);
            }
        }

        switch (kind)
        {
            case Event:
                frame.Kind = ClientFrameKind.Event;
                return ReadEvent(inside, names, ref frame);
            case SendToGroup:
                frame.Kind = ClientFrameKind.SendToGroup;
                return ReadSendToGroup(inside, names, ref frame);
            case JoinGroup:
                frame.Kind = ClientFrameKind.JoinGroup;
                return ReadGroup(inside, names, ref frame);
            case LeaveGroup:
                frame.Kind = ClientFrameKind.LeaveGroup;
                return ReadGroup(inside, names, ref frame);
            case SequenceAck:
                frame.Kind = ClientFrameKind.SequenceAck;
                return ReadSequenceAck(inside, ref frame);
            case Ping:
                frame.Kind = ClientFrameKind.Ping;
                return null;
            default:
                return "A frame must be an event, a join_group, a leave_group, a send_to_group, a sequence_ack or a ping.";
        }
    }

    private static string? ReadEvent(ReadOnlySpan<byte> message, NameCache names, ref ClientFrame frame)
    {
        frame.DataType = MessageDataType.Binary;
        string? fault = null;
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case First | Wire.Bytes:
                    fault = ReadName(reader.Bytes(), names, ref frame, "event");
                    break;
                case Second | Wire.Bytes:
                    fault = ReadData(reader.Bytes(), ref frame);
                    break;
                case Third | Wire.Varint:
                    frame.AckId = reader.Varint();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }

            if (fault is not null)
            {
                return fault;
            }
        }

        return frame.Name is null ? "An event needs the field 'event'." : null;
    }

    private static string? ReadSendToGroup(ReadOnlySpan<byte> message, NameCache names, ref ClientFrame frame)
    {
        frame.DataType = MessageDataType.Binary;
        string? fault = null;
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case First | Wire.Bytes:
                    fault = ReadName(reader.Bytes(), names, ref frame, "group");
                    break;
                case Second | Wire.Varint:
                    frame.AckId = reader.Varint();
                    break;
                case Third | Wire.Bytes:
                    fault = ReadData(reader.Bytes(), ref frame);
                    break;
                case Fourth | Wire.Varint:
                    frame.NoEcho = reader.Varint() != 0;
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }

            if (fault is not null)
            {
                return fault;
            }
        }

        return GroupFault(frame);
    }

    private static string? ReadGroup(ReadOnlySpan<byte> message, NameCache names, ref ClientFrame frame)
    {
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case First | Wire.Bytes:
                    if (ReadName(reader.Bytes(), names, ref frame, "group") is { } fault)
                    {
                        return fault;
                    }

                    break;
                case Second | Wire.Varint:
                    frame.AckId = reader.Varint();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return GroupFault(frame);
    }

    private static string? ReadSequenceAck(ReadOnlySpan<byte> message, ref ClientFrame frame)
    {
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == (First | Wire.Varint))
            {
                frame.SequenceId = reader.Varint();
            }
            else
            {
                reader.Skip(tag);
            }
        }

        return null;
    }

    private static string? ReadData(ReadOnlySpan<byte> message, ref ClientFrame frame)
    {
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            if (DataTypeOf(tag) is { } dataType)
            {
                frame.DataType = dataType;
                frame.Data = reader.Bytes();
            }
            else
            {
                reader.Skip(tag);
            }
        }

        // What is passed on to other clients must be what it is said to be.
        return frame.DataType switch
        {
            MessageDataType.Text or MessageDataType.Json when !Utf8.IsValid(frame.Data) => "The data is not valid UTF-8.",
            MessageDataType.Json when !JsonText.IsOneValue(frame.Data) => "The field 'json_data' must be one JSON value.",
            MessageDataType.Protobuf when !PackedMessage.IsWellFormed(frame.Data) => "The field 'protobuf_data' must be a google.protobuf.Any.",
            _ => null,
        };
    }

    private static MessageDataType? DataTypeOf(uint tag) => tag switch
    {
        First | Wire.Bytes => MessageDataType.Text,
        Second | Wire.Bytes => MessageDataType.Binary,
        Third | Wire.Bytes => MessageDataType.Protobuf,
        Fourth | Wire.Bytes => MessageDataType.Json,
        _ => null,
    };

    private static string? ReadName(ReadOnlySpan<byte> utf8, NameCache names, ref ClientFrame frame, string field)
    {
        if (utf8.Length is > 0 and <= MaxNameChars * 3 && Utf8.IsValid(utf8))
        {
            frame.Name = names.Get(utf8);
        }

        return frame.Name is { Length: > 0 and <= MaxNameChars } ? null : $"The field '{field}' must be 1 to {MaxNameChars} characters of UTF-8.";
    }

    private static string? GroupFault(in ClientFrame frame) => frame.Name is null ? "A request about a group needs the field 'group'." : null;
}
