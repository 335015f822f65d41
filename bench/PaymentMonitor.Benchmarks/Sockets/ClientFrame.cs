using System.Buffers.Binary;
using System.Numerics;

namespace PaymentMonitor.Benchmarks.Sockets;

/// <summary>The WebSocket framing that a client needs (RFC 6455 section 5): masked frames out, plain frames in.</summary>
internal static class ClientFrame
{
    internal const int MaxHeaderBytes = 8;
    internal const byte Text = 0x81;
    internal const byte Close = 0x88;
    internal const byte Ping = 0x89;
    internal const byte Pong = 0x8A;

    // A browser must draw the key at random, against caches between it and the server; here nothing stands between.
    private const uint MaskKey = 0x5AC3_96E1;

    /// <summary>Puts one masked frame into <paramref name="to"/>.</summary>
    /// <returns>The bytes written.</returns>
    internal static int Write(Span<byte> to, byte head, ReadOnlySpan<byte> payload)
    {
        to[0] = head;
        var at = 2;
        if (payload.Length < 126)
        {
            to[1] = (byte)(0x80 | payload.Length);
        }
        else
        {
            to[1] = 0x80 | 126;
            BinaryPrimitives.WriteUInt16BigEndian(to[2..], checked((ushort)payload.Length));
            at = 4;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(to[at..], MaskKey);
        Mask(payload, to[(at + 4)..]);
        return at + 4 + payload.Length;
    }

    /// <summary>Finds the first whole frame in <paramref name="bytes"/>.</summary>
    /// <param name="total">The bytes that the frame takes, header included; with false, 0 or how many it will take.</param>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out byte head, out ReadOnlySpan<byte> payload, out int total)
    {
        head = 0;
        payload = default;
        total = 0;
        if (bytes.Length < 2)
        {
            return false;
        }

        head = bytes[0];
        var length = (long)bytes[1];
        var header = 2;
        if (length == 126)
        {
            if (bytes.Length < 4)
            {
                return false;
            }

            length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
            header = 4;
        }
        else if (length == 127)
        {
            if (bytes.Length < 10)
            {
                return false;
            }

            length = BinaryPrimitives.ReadInt64BigEndian(bytes[2..]);
            header = 10;
        }

        total = checked(header + (int)length);
        if (bytes.Length < total)
        {
            return false;
        }

        payload = bytes[header..total];
        return true;
    }

    private static void Mask(ReadOnlySpan<byte> from, Span<byte> to)
    {
        var key = Vector.AsVectorByte(new Vector<uint>(MaskKey));
        var at = 0;
        for (; at + Vector<byte>.Count <= from.Length; at += Vector<byte>.Count)
        {
            (new Vector<byte>(from[at..]) ^ key).CopyTo(to[at..]);
        }

        for (; at < from.Length; at++)
        {
            to[at] = (byte)(from[at] ^ (MaskKey >> ((at & 3) * 8)));
        }
    }
}
