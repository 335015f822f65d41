namespace PaymentMonitor.Contracts;

/// <summary>The wire types of Protocol Buffers. A tag is the field's number shifted left by three, with the wire type in the low bits.</summary>
internal static class Wire
{
    internal const uint Varint = 0;
    internal const uint Fixed64 = 1;
    internal const uint Bytes = 2;
    internal const uint Fixed32 = 5;
}
