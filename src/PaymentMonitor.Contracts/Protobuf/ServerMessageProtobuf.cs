namespace PaymentMonitor.Contracts;

/// <summary>Protocol Buffers of what the back end says to a machine: the message <c>ServerMessage</c> of <c>paymentmonitor.proto</c>.</summary>
public static class ServerMessageProtobuf
{
    private const uint ReceiptTag = (1 << 3) | Wire.Bytes;
    private const uint DecisionTag = (2 << 3) | Wire.Bytes;
    private const uint SyncTag = (3 << 3) | Wire.Bytes;

    /// <returns>Null: it is none of the messages known here; a newer back end may say more.</returns>
    /// <exception cref="ProtobufException">It is no such message, or a field of it breaks its rule.</exception>
    public static ServerMessage? Read(ReadOnlySpan<byte> message)
    {
        ServerMessage? read = null;
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case ReceiptTag:
                    read = ReceiptProtobuf.Read(reader.Bytes());
                    break;
                case DecisionTag:
                    read = DecisionProtobuf.Read(reader.Bytes());
                    break;
                case SyncTag:
                    read = SyncProtobuf.ReadAnswer(reader.Bytes());
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return read;
    }

    public static byte[] ToBytes(ServerMessage message)
    {
        var writer = new ProtobufWriter(256);
        Write(writer, message);
        return writer.ToArray();
    }

    internal static void Write(ProtobufWriter writer, ServerMessage message)
    {
        switch (message)
        {
            case Receipt receipt:
                var start = writer.Begin(1);
                ReceiptProtobuf.Write(writer, receipt);
                writer.End(start);
                break;
            case Decision decision:
                start = writer.Begin(2);
                DecisionProtobuf.Write(writer, decision);
                writer.End(start);
                break;
            case SyncAnswer answer:
                start = writer.Begin(3);
                SyncProtobuf.Write(writer, answer);
                writer.End(start);
                break;
            default:
                throw new NotSupportedException($"No Protocol Buffers form is known for {message.GetType().Name}.");
        }
    }
}
