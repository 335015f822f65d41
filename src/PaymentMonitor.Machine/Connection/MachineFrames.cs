using System.Net.WebSockets;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>The frames of one socket in its subprotocol. What is written is valid until the next is written. Not thread-safe, but one may read while another writes.</summary>
internal abstract class MachineFrames
{
    /// <summary>As in <c>Sec-WebSocket-Protocol</c>.</summary>
    internal abstract string Subprotocol { get; }

    internal abstract WebSocketMessageType MessageType { get; }

    internal static MachineFrames Of(MachineSubprotocol subprotocol) => subprotocol switch
    {
        MachineSubprotocol.ReliableProtobuf => new ProtobufFrames("protobuf.reliable.webpubsub.azure.v1"),
        MachineSubprotocol.Protobuf => new ProtobufFrames("protobuf.webpubsub.azure.v1"),
        MachineSubprotocol.ReliableJson => new JsonFrames("json.reliable.webpubsub.azure.v1"),
        _ => new JsonFrames("json.webpubsub.azure.v1"),
    };

    internal abstract ReadOnlyMemory<byte> Order(ReportedEvent reported);

    internal abstract ReadOnlyMemory<byte> Sync(SyncRequest sync);

    internal abstract ReadOnlyMemory<byte> SequenceAck(ulong sequenceId);

    internal abstract ReadOnlyMemory<byte> Ping();

    /// <exception cref="System.Text.Json.JsonException">It is no frame of this subprotocol.</exception>
    /// <exception cref="ProtobufException">It is no frame of this subprotocol.</exception>
    internal abstract ServerFrame Read(ReadOnlySpan<byte> frame);
}
