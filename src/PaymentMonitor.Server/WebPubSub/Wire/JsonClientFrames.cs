using System.Buffers.Text;
using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>Reads a client's JSON frame in one pass, properties in any order, unknown ones ignored.</summary>
internal static class JsonClientFrames
{
    private const int MaxNameChars = 1024;

    internal static bool TryRead(ReadOnlySpan<byte> json, NameCache names, out ClientFrame frame, out string fault)
    {
        frame = default;
        try
        {
            fault = Read(json, names, ref frame) ?? "";
        }
        catch (JsonException e)
        {
            fault = $"The frame is not valid JSON (byte {e.BytePositionInLine ?? 0}).";
        }
        catch (InvalidOperationException)
        {
            // The reader's word for a string with an impossible surrogate pair.
            fault = "The frame has a string that is not valid Unicode.";
        }

        return fault.Length == 0;
    }

    private static string? Read(ReadOnlySpan<byte> json, NameCache names, ref ClientFrame frame)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return "A frame must be a JSON object.";
        }

        var fields = default(Fields);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (ReadField(ref reader, json, names, ref fields) is { } fault)
            {
                return fault;
            }
        }

        if (reader.Read())
        {
            return "A frame must be one JSON object.";
        }

        frame.AckId = fields.AckId;
        frame.NoEcho = fields.NoEcho;
        return fields.Type switch
        {
            "event" => Event(fields, ref frame),
            "sendToGroup" => Group(ClientFrameKind.SendToGroup, fields, ref frame) ?? Data(fields, ref frame),
            "joinGroup" => Group(ClientFrameKind.JoinGroup, fields, ref frame),
            "leaveGroup" => Group(ClientFrameKind.LeaveGroup, fields, ref frame),
            "sequenceAck" => SequenceAck(fields, ref frame),
            "ping" => Ping(ref frame),
            null => "The field 'type' is missing.",
            _ => "The field 'type' must be event, joinGroup, leaveGroup, sendToGroup, sequenceAck or ping.",
        };
    }

    /// <summary>Reads one property, the reader standing on its name. Returns what is wrong with it.</summary>
    private static string? ReadField(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, NameCache names, ref Fields fields)
    {
        if (reader.ValueTextEquals("type"u8))
        {
            return ReadName(ref reader, names, ref fields.Type, "The field 'type' must be a string.");
        }

        if (reader.ValueTextEquals("event"u8))
        {
            return ReadName(ref reader, names, ref fields.Event, "The field 'event' must be a string of 1 to 1024 characters.");
        }

        if (reader.ValueTextEquals("group"u8))
        {
            return ReadName(ref reader, names, ref fields.Group, "The field 'group' must be a string of 1 to 1024 characters.");
        }

        if (reader.ValueTextEquals("dataType"u8))
        {
            return ReadName(ref reader, names, ref fields.DataType, "The field 'dataType' must be a string.");
        }

        if (reader.ValueTextEquals("ackId"u8))
        {
            return ReadNumber(ref reader, ref fields.AckId, "The field 'ackId' must be a whole number from 0 to 2^64-1.");
        }

        if (reader.ValueTextEquals("sequenceId"u8))
        {
            return ReadNumber(ref reader, ref fields.SequenceId, "The field 'sequenceId' must be a whole number from 0 to 2^64-1.");
        }

        if (reader.ValueTextEquals("noEcho"u8))
        {
            reader.Read();
            fields.NoEcho = reader.TokenType == JsonTokenType.True;
            return reader.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null ? null : "The field 'noEcho' must be true or false.";
        }

        var isData = reader.ValueTextEquals("data"u8);
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        var token = reader.TokenType;
        reader.Skip();
        if (isData)
        {
            fields.Data = json[start..(int)reader.BytesConsumed];
            fields.DataToken = token;
        }

        return null;
    }

    private static string? ReadName(ref Utf8JsonReader reader, NameCache names, ref string? name, string rule)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            return rule;
        }

        name = reader.ValueIsEscaped ? reader.GetString()! : names.Get(reader.ValueSpan);
        return name.Length is > 0 and <= MaxNameChars ? null : rule;
    }

    private static string? ReadNumber(ref Utf8JsonReader reader, ref ulong? number, string rule)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetUInt64(out var value))
        {
            return rule;
        }

        number = value;
        return null;
    }

    private static string? Event(in Fields fields, ref ClientFrame frame)
    {
        frame.Kind = ClientFrameKind.Event;
        frame.Name = fields.Event ?? "";
        return fields.Event is null ? "An event needs the field 'event'." : Data(fields, ref frame);
    }

    private static string? Group(ClientFrameKind kind, in Fields fields, ref ClientFrame frame)
    {
        frame.Kind = kind;
        frame.Name = fields.Group ?? "";
        return fields.Group is null ? "A request about a group needs the field 'group'." : null;
    }

    private static string? SequenceAck(in Fields fields, ref ClientFrame frame)
    {
        frame.Kind = ClientFrameKind.SequenceAck;
        frame.SequenceId = fields.SequenceId ?? 0;
        return fields.SequenceId is null ? "A sequenceAck needs the field 'sequenceId'." : null;
    }

    private static string? Ping(ref ClientFrame frame)
    {
        frame.Kind = ClientFrameKind.Ping;
        return null;
    }

    private static string? Data(in Fields fields, ref ClientFrame frame)
    {
        switch (fields.DataType)
        {
            case null or "json":
                frame.DataType = MessageDataType.Json;
                frame.Data = fields.DataToken == JsonTokenType.None ? "null"u8 : fields.Data;
                return null;
            case "text":
                frame.DataType = MessageDataType.Text;
                return Text(fields, ref frame) ? null : "The field 'data' must be a string where 'dataType' is text.";
            case "binary" or "protobuf":
                frame.DataType = fields.DataType == "binary" ? MessageDataType.Binary : MessageDataType.Protobuf;
                return !Bytes(fields, ref frame) ? "The field 'data' must be base64 where 'dataType' is binary or protobuf."
                    : frame.DataType == MessageDataType.Protobuf && !PackedMessage.IsWellFormed(frame.Data) ? "The field 'data' must be a google.protobuf.Any where 'dataType' is protobuf."
                    : null;
            default:
                return "The field 'dataType' must be json, text, binary or protobuf.";
        }
    }

    private static bool Text(in Fields fields, ref ClientFrame frame)
    {
        if (fields.DataToken != JsonTokenType.String)
        {
            return false;
        }

        var reader = new Utf8JsonReader(fields.Data);
        reader.Read();
        if (reader.ValueIsEscaped)
        {
            var text = new byte[reader.ValueSpan.Length];
            frame.Data = text.AsSpan(0, reader.CopyString(text));
        }
        else
        {
            frame.Data = fields.Data[1..^1];
        }

        return true;
    }

    private static bool Bytes(in Fields fields, ref ClientFrame frame)
    {
        if (!Text(fields, ref frame))
        {
            return false;
        }

        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(frame.Data.Length)];
        if (Base64.DecodeFromUtf8(frame.Data, bytes, out var read, out var written) != System.Buffers.OperationStatus.Done || read != frame.Data.Length)
        {
            return false;
        }

        frame.Data = bytes.AsSpan(0, written);
        return true;
    }

    private ref struct Fields
    {
        internal string? Type;
        internal string? Event;
        internal string? Group;
        internal string? DataType;
        internal ulong? AckId;
        internal ulong? SequenceId;
        internal bool NoEcho;
        internal ReadOnlySpan<byte> Data;
        internal JsonTokenType DataToken;
    }
}
