namespace PaymentMonitor.Contracts;

/// <summary>How a machine and the back end write to each other: the same messages in two forms.</summary>
public enum WireForm
{
    /// <summary>JSON, for people and for machines without a Protocol Buffers library.</summary>
    Json,

    /// <summary>The messages of <c>paymentmonitor.proto</c>: about a third of the bytes.</summary>
    Protobuf,
}

public static class WireForms
{
    /// <summary>The form that pushes and answers have on a connection with this Web PubSub subprotocol.</summary>
    /// <param name="subprotocol">As in <c>Sec-WebSocket-Protocol</c>; null without one.</param>
    public static WireForm OfSubprotocol(string? subprotocol)
    {
        return subprotocol is not null && subprotocol.StartsWith("protobuf.", StringComparison.Ordinal) ? WireForm.Protobuf : WireForm.Json;
    }

    public static byte[] ToBytes(this ServerMessage message, WireForm form)
    {
        return form == WireForm.Protobuf ? ServerMessageProtobuf.ToBytes(message) : ServerMessageJson.ToBytes(message);
    }
}
