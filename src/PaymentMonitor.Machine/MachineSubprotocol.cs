namespace PaymentMonitor.Machine;

/// <summary>How the client and Web PubSub talk. Nothing but the connection depends on it: what is reported and decided is the same.</summary>
public enum MachineSubprotocol
{
    /// <summary><c>protobuf.reliable.webpubsub.azure.v1</c>: short frames, and a lost connection is recovered within half a minute. The default.</summary>
    ReliableProtobuf,

    /// <summary><c>json.reliable.webpubsub.azure.v1</c>: the same to be read by people, for debugging.</summary>
    ReliableJson,

    /// <summary><c>protobuf.webpubsub.azure.v1</c>: a lost connection is followed by a new one.</summary>
    Protobuf,

    /// <summary><c>json.webpubsub.azure.v1</c>.</summary>
    Json,
}
