namespace PaymentMonitor.EndToEnd.Tests.Operations;

/// <summary>The fields of a protobuf message that have a length: texts, bytes and messages.</summary>
internal static class ProtobufFields
{
    internal static List<ReadOnlyMemory<byte>> Of(ReadOnlyMemory<byte> message, int number)
    {
        var found = new List<ReadOnlyMemory<byte>>();
        var at = 0;
        while (at < message.Length)
        {
            var key = (int)Varint(message.Span, ref at);
            switch (key & 7)
            {
                case 0:
                    Varint(message.Span, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message.Span, ref at);
                    if (key >> 3 == number)
                    {
                        found.Add(message.Slice(at, length));
                    }

                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                case var type:
                    throw new FormatException($"There is no wire type {type}.");
            }
        }

        return found;
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
