namespace PaymentMonitor.Contracts;

/// <summary>The message <c>Receipt</c>.</summary>
internal static class ReceiptProtobuf
{
    internal static Receipt Read(ReadOnlySpan<byte> message)
    {
        string? id = null;
        var status = 0UL;
        NamedError? error = null;
        int? retryAfterMs = null;
        DateTimeOffset? serverTime = null;
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case (1 << 3) | Wire.Bytes:
                    id = reader.Text();
                    break;
                case (2 << 3) | Wire.Varint:
                    status = reader.Varint();
                    break;
                case (3 << 3) | Wire.Bytes:
                    error = ReadError(reader.Bytes());
                    break;
                case (4 << 3) | Wire.Varint:
                    retryAfterMs = (int)reader.Varint();
                    break;
                case (5 << 3) | Wire.Bytes:
                    serverTime = Timestamps.Read(reader.Bytes());
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        // Only the very word may end an event's life: whatever is not known is not taken for "accepted".
        var known = status switch
        {
            1 => ReceiptStatus.Accepted,
            2 => ReceiptStatus.Rejected,
            3 => ReceiptStatus.Retry,
            _ => throw new ProtobufException("A receipt has no status that is known."),
        };
        return new Receipt(id, known, error, retryAfterMs) { ServerTime = serverTime };
    }

    internal static void Write(ProtobufWriter writer, Receipt receipt)
    {
        writer.Text(1, receipt.Id);
        writer.Number(2, receipt.Status switch
        {
            ReceiptStatus.Accepted => 1UL,
            ReceiptStatus.Rejected => 2UL,
            ReceiptStatus.Retry => 3UL,
            _ => throw new NotSupportedException($"No Protocol Buffers form is known for the status {receipt.Status}."),
        });
        if (receipt.Error is { } error)
        {
            var start = writer.Begin(3);
            writer.Text(1, error.Name);
            writer.Text(2, error.Message);
            writer.End(start);
        }

        writer.OptionalNumber(4, receipt.RetryAfterMs);
        Timestamps.Write(writer, 5, receipt.ServerTime);
    }

    private static NamedError ReadError(ReadOnlySpan<byte> message)
    {
        var (name, text) = ("", "");
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case (1 << 3) | Wire.Bytes:
                    name = reader.Text();
                    break;
                case (2 << 3) | Wire.Bytes:
                    text = reader.Text();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return new NamedError(name, text);
    }
}
