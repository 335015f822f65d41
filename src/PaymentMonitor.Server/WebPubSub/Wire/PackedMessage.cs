using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>A <c>google.protobuf.Any</c>: a message with the name of its type, which is how Web PubSub carries Protocol Buffers data.</summary>
internal static class PackedMessage
{
    private const uint TypeUrl = (1 << 3) | Wire.Bytes;
    private const uint Value = (2 << 3) | Wire.Bytes;

    /// <summary>Whether the bytes are one at all. What is passed on to clients as such must be, or they could not read the frame around it.</summary>
    internal static bool IsWellFormed(ReadOnlySpan<byte> any) => TryRead(any, out _);

    /// <summary>The message inside. Its type is not looked at: the event's name tells what it is.</summary>
    internal static ReadOnlyMemory<byte> ValueOf(ReadOnlyMemory<byte> any)
    {
        return TryRead(any.Span, out var value) ? any[value] : any;
    }

    private static bool TryRead(ReadOnlySpan<byte> any, out Range value)
    {
        value = 0..0;
        try
        {
            var reader = new ProtobufReader(any);
            while (reader.TryReadTag(out var tag))
            {
                switch (tag)
                {
                    case TypeUrl:
                        reader.Text();
                        break;
                    case Value:
                        var length = reader.Bytes().Length;
                        value = (any.Length - reader.Left - length)..(any.Length - reader.Left);
                        break;
                    default:
                        reader.Skip(tag);
                        break;
                }
            }

            return true;
        }
        catch (ProtobufException)
        {
            return false;
        }
    }
}
