using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

internal enum ServerFrameKind
{
    /// <summary>Of no use to a machine: acks, pongs, messages of groups, and what later versions may add.</summary>
    Other,

    /// <summary>The greeting, which says how the connection can be recovered.</summary>
    Connected,

    /// <summary>A server message: its data is for the machine.</summary>
    Message,

    /// <summary>The service closes the connection next, and says why.</summary>
    Disconnected,
}

/// <summary>One frame of the service, whatever the subprotocol, taken apart without copying its data.</summary>
internal ref struct ServerFrame
{
    internal ServerFrameKind Kind;

    /// <summary>What the server message says, in <see cref="Form"/>; or the text of a farewell.</summary>
    internal ReadOnlySpan<byte> Data;

    internal WireForm Form;

    /// <summary>0 where the subprotocol is not reliable.</summary>
    internal ulong SequenceId;

    internal string? ConnectionId;

    internal string? ReconnectionToken;

    /// <returns>Null: nothing that this version knows.</returns>
    /// <exception cref="JsonException">It cannot be read.</exception>
    /// <exception cref="ProtobufException">It cannot be read.</exception>
    internal readonly ServerMessage? Message()
    {
        return Form == WireForm.Protobuf ? ServerMessageProtobuf.Read(Data) : JsonSerializer.Deserialize(Data, WireJson.Default.ServerMessage);
    }
}
