using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// How frames of one subprotocol read and are written. A closed set: JSON and Protocol Buffers, each plain and reliable,
/// and no subprotocol at all.
/// Instances have no state and are shared.
/// </summary>
internal abstract class Subprotocol
{
    private protected Subprotocol(string? name, bool isReliable)
    {
        Name = name;
        IsReliable = isReliable;
    }

    internal static Subprotocol Json { get; } = new JsonSubprotocol("json.webpubsub.azure.v1", isReliable: false);

    internal static Subprotocol ReliableJson { get; } = new JsonSubprotocol("json.reliable.webpubsub.azure.v1", isReliable: true);

    internal static Subprotocol Protobuf { get; } = new ProtobufSubprotocol("protobuf.webpubsub.azure.v1", isReliable: false);

    internal static Subprotocol ReliableProtobuf { get; } = new ProtobufSubprotocol("protobuf.reliable.webpubsub.azure.v1", isReliable: true);

    /// <summary>A simple client: its frames are the event <c>message</c>, and it receives bare data.</summary>
    internal static Subprotocol None { get; } = new SimpleSubprotocol();

    internal static IReadOnlyList<Subprotocol> Named { get; } = [ReliableProtobuf, Protobuf, ReliableJson, Json];

    /// <summary>As in <c>Sec-WebSocket-Protocol</c>; null for a simple client.</summary>
    internal string? Name { get; }

    /// <summary>Messages carry a sequence id, are kept until acknowledged, and the connection can be recovered.</summary>
    internal bool IsReliable { get; }

    /// <summary>The first of the client's subprotocols that is spoken here. Null: it offers some, and none is.</summary>
    internal static Subprotocol? Choose(IReadOnlyList<string> offered)
    {
        if (offered.Count == 0)
        {
            return None;
        }

        foreach (var name in offered)
        {
            foreach (var subprotocol in Named)
            {
                if (subprotocol.Name == name)
                {
                    return subprotocol;
                }
            }
        }

        return null;
    }

    /// <summary>Reads one message. False: it is malformed, and the fault is a sentence that says how.</summary>
    /// <param name="opcode">Text or binary.</param>
    internal abstract bool TryRead(byte opcode, ReadOnlySpan<byte> message, NameCache names, out ClientFrame frame, out string fault);

    internal abstract void WriteConnected(FrameBuffer buffer, string connectionId, string? userId, string? reconnectionToken);

    internal abstract void WriteDisconnected(FrameBuffer buffer, string message);

    /// <param name="error">Null: it went well.</param>
    internal abstract void WriteAck(FrameBuffer buffer, ulong ackId, AckError? error);

    internal abstract void WritePong(FrameBuffer buffer);

    /// <param name="sequenceId">0 where the subprotocol is not reliable.</param>
    internal abstract void WriteMessage(FrameBuffer buffer, ulong sequenceId, in OutgoingMessage message);
}

/// <summary>A message for a client: from the server, or from a group when that is named.</summary>
/// <param name="data">In its plain form: a JSON value, UTF-8 text, or bytes.</param>
internal readonly ref struct OutgoingMessage(MessageDataType dataType, ReadOnlySpan<byte> data, string? group = null, string? fromUserId = null)
{
    internal readonly MessageDataType DataType = dataType;
    internal readonly ReadOnlySpan<byte> Data = data;
    internal readonly string? Group = group;
    internal readonly string? FromUserId = fromUserId;
}

/// <summary>Why a request failed, in the names that Azure Web PubSub uses.</summary>
internal sealed record AckError(string Name, string Message)
{
    internal static readonly AckError Duplicate = new("Duplicate", "A request with this ackId was already taken.");

    internal static readonly AckError InternalServerError = new("InternalServerError", "The application failed to take the event; try again.");

    internal static AckError Forbidden(string role) => new("Forbidden", $"The connection lacks the role '{role}'.");
}
