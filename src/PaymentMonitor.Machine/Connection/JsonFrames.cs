using System.Buffers;
using System.Buffers.Text;
using System.Net.WebSockets;
using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>The two JSON subprotocols.</summary>
#pragma warning disable CA1001 // The writer writes into memory and holds nothing that must be given back.
internal sealed class JsonFrames : MachineFrames
#pragma warning restore CA1001
{
    private readonly ArrayBufferWriter<byte> _frame = new(512);
    private readonly Utf8JsonWriter _writer;

    internal JsonFrames(string subprotocol)
    {
        Subprotocol = subprotocol;
        _writer = new Utf8JsonWriter(_frame);
    }

    internal override string Subprotocol { get; }

    internal override WebSocketMessageType MessageType => WebSocketMessageType.Text;

    internal override ReadOnlyMemory<byte> Order(ReportedEvent reported)
    {
        BeginEvent("order"u8);
        EventJson.Write(_writer, reported);
        return End();
    }

    internal override ReadOnlyMemory<byte> Sync(SyncRequest sync)
    {
        BeginEvent("sync"u8);
        JsonSerializer.Serialize(_writer, sync, WireJson.Default.SyncRequest);
        return End();
    }

    internal override ReadOnlyMemory<byte> SequenceAck(ulong sequenceId)
    {
        Begin("sequenceAck"u8);
        _writer.WriteNumber("sequenceId"u8, sequenceId);
        return End();
    }

    internal override ReadOnlyMemory<byte> Ping()
    {
        Begin("ping"u8);
        return End();
    }

    internal override ServerFrame Read(ReadOnlySpan<byte> frame)
    {
        var reader = new Utf8JsonReader(frame);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("A frame is a JSON object.");
        }

        var read = default(ServerFrame);
        ReadOnlySpan<byte> type = default, from = default, systemEvent = default, dataType = default, message = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                type = Text(ref reader, frame);
            }
            else if (reader.ValueTextEquals("from"u8))
            {
                from = Text(ref reader, frame);
            }
            else if (reader.ValueTextEquals("event"u8))
            {
                systemEvent = Text(ref reader, frame);
            }
            else if (reader.ValueTextEquals("message"u8))
            {
                message = Text(ref reader, frame);
            }
            else if (reader.ValueTextEquals("dataType"u8))
            {
                dataType = Text(ref reader, frame);
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                read.Data = frame[start..(int)reader.BytesConsumed];
            }
            else
            {
                ReadIds(ref reader, ref read);
            }
        }

        if (type.SequenceEqual("message"u8) && from.SequenceEqual("server"u8))
        {
            read.Kind = ServerFrameKind.Message;
            TakeBinary(dataType, ref read);
        }
        else if (type.SequenceEqual("system"u8))
        {
            read.Kind = systemEvent.SequenceEqual("connected"u8) ? ServerFrameKind.Connected
                : systemEvent.SequenceEqual("disconnected"u8) ? ServerFrameKind.Disconnected
                : ServerFrameKind.Other;
            read.Data = message;
        }

        return read;
    }

    private static void ReadIds(ref Utf8JsonReader reader, ref ServerFrame read)
    {
        if (reader.ValueTextEquals("sequenceId"u8))
        {
            reader.Read();
            read.SequenceId = reader.TokenType == JsonTokenType.Number ? reader.GetUInt64() : 0;
        }
        else if (reader.ValueTextEquals("connectionId"u8))
        {
            reader.Read();
            read.ConnectionId = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        }
        else if (reader.ValueTextEquals("reconnectionToken"u8))
        {
            reader.Read();
            read.ReconnectionToken = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        }
        else
        {
            reader.Skip();
        }
    }

    /// <summary>Protocol Buffers in a JSON frame are base64.</summary>
    private static void TakeBinary(ReadOnlySpan<byte> dataType, ref ServerFrame read)
    {
        if (dataType.SequenceEqual("binary"u8) && read.Data.Length >= 2)
        {
            var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(read.Data.Length)];
            var status = Base64.DecodeFromUtf8(read.Data[1..^1], bytes, out _, out var written);
            read.Form = WireForm.Protobuf;
            read.Data = status == OperationStatus.Done ? bytes.AsSpan(0, written) : throw new JsonException("Binary data is base64.");
        }
    }

    private static ReadOnlySpan<byte> Text(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> frame)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            // Without the quotes; the reader's own span would not outlive the reader.
            return frame[((int)reader.TokenStartIndex + 1)..((int)reader.BytesConsumed - 1)];
        }

        reader.Skip();
        return default;
    }

    private void BeginEvent(ReadOnlySpan<byte> name)
    {
        Begin("event"u8);
        _writer.WriteString("event"u8, name);
        _writer.WriteString("dataType"u8, "json"u8);
        _writer.WritePropertyName("data"u8);
    }

    private void Begin(ReadOnlySpan<byte> type)
    {
        _frame.ResetWrittenCount();
        _writer.Reset(_frame);
        _writer.WriteStartObject();
        _writer.WriteString("type"u8, type);
    }

    private ReadOnlyMemory<byte> End()
    {
        _writer.WriteEndObject();
        _writer.Flush();
        return _frame.WrittenMemory;
    }
}
