using System.Net.WebSockets;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>The two protobuf subprotocols: <c>UpstreamMessage</c> there, <c>DownstreamMessage</c> back. Our messages travel as binary data.</summary>
internal sealed class ProtobufFrames(string subprotocol) : MachineFrames
{
    private const uint EventMessage = 5;
    private const uint SequenceAckMessage = 8;
    private const uint PingMessage = 9;

    private const uint DataMessage = (2 << 3) | Wire.Bytes;
    private const uint SystemMessage = (3 << 3) | Wire.Bytes;
    private const uint First = (1 << 3) | Wire.Bytes;
    private const uint Second = (2 << 3) | Wire.Bytes;
    private const uint Third = (3 << 3) | Wire.Bytes;
    private const uint FourthNumber = (4 << 3) | Wire.Varint;
    private const uint FourthBytes = (4 << 3) | Wire.Bytes;

    private readonly ProtobufWriter _writer = new(256);

    internal override string Subprotocol => subprotocol;

    internal override WebSocketMessageType MessageType => WebSocketMessageType.Binary;

    internal override ReadOnlyMemory<byte> Order(ReportedEvent reported)
    {
        var (message, data, binary) = BeginEvent("order");
        EventProtobuf.Write(_writer, reported);
        return EndEvent(message, data, binary);
    }

    internal override ReadOnlyMemory<byte> Sync(SyncRequest sync)
    {
        var (message, data, binary) = BeginEvent("sync");
        SyncProtobuf.Write(_writer, sync);
        return EndEvent(message, data, binary);
    }

    internal override ReadOnlyMemory<byte> SequenceAck(ulong sequenceId)
    {
        _writer.Clear();
        var message = _writer.Begin(SequenceAckMessage);
        _writer.Number(1, sequenceId);
        _writer.End(message);
        return _writer.WrittenMemory;
    }

    internal override ReadOnlyMemory<byte> Ping()
    {
        _writer.Clear();
        _writer.End(_writer.Begin(PingMessage));
        return _writer.WrittenMemory;
    }

    internal override ServerFrame Read(ReadOnlySpan<byte> frame)
    {
        var read = default(ServerFrame);
        var reader = new ProtobufReader(frame);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case DataMessage:
                    read = ReadData(reader.Bytes());
                    break;
                case SystemMessage:
                    read = ReadSystem(reader.Bytes());
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return read;
    }

    private static ServerFrame ReadData(ReadOnlySpan<byte> message)
    {
        var read = default(ServerFrame);
        var fromServer = false;
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case First:
                    fromServer = reader.Bytes().SequenceEqual("server"u8);
                    break;
                case Third:
                    ReadPayload(reader.Bytes(), ref read);
                    break;
                case FourthNumber:
                    read.SequenceId = reader.Varint();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        read.Kind = fromServer ? ServerFrameKind.Message : ServerFrameKind.Other;
        return read;
    }

    private static void ReadPayload(ReadOnlySpan<byte> message, ref ServerFrame read)
    {
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case Second:
                    read.Form = WireForm.Protobuf;
                    read.Data = reader.Bytes();
                    break;
                case First or FourthBytes:
                    // Text or JSON: what a back end sends that does not know how this machine speaks.
                    read.Form = WireForm.Json;
                    read.Data = reader.Bytes();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }
    }

    private static ServerFrame ReadSystem(ReadOnlySpan<byte> message)
    {
        var read = default(ServerFrame);
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case First:
                    read.Kind = ServerFrameKind.Connected;
                    ReadConnected(reader.Bytes(), ref read);
                    break;
                case Second:
                    read.Kind = ServerFrameKind.Disconnected;
                    read.Data = ReadReason(reader.Bytes());
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return read;
    }

    private static void ReadConnected(ReadOnlySpan<byte> message, ref ServerFrame read)
    {
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case First:
                    read.ConnectionId = reader.Text();
                    break;
                case Third:
                    read.ReconnectionToken = reader.Text();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }
    }

    private static ReadOnlySpan<byte> ReadReason(ReadOnlySpan<byte> message)
    {
        var reason = ReadOnlySpan<byte>.Empty;
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == Second)
            {
                reason = reader.Bytes();
            }
            else
            {
                reader.Skip(tag);
            }
        }

        return reason;
    }

    private (int Message, int Data, int Binary) BeginEvent(string name)
    {
        _writer.Clear();
        var message = _writer.Begin(EventMessage);
        _writer.Text(1, name);
        var data = _writer.Begin(2);
        return (message, data, _writer.Begin(2));
    }

    private ReadOnlyMemory<byte> EndEvent(int message, int data, int binary)
    {
        _writer.End(binary);
        _writer.End(data);
        _writer.End(message);
        return _writer.WrittenMemory;
    }
}
