using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>The frames of RFC 6455 as a server reads and writes them: client frames are masked, server frames are not, no extensions.</summary>
internal static class WebSocketFrames
{
    internal const byte Continuation = 0x0;
    internal const byte Text = 0x1;
    internal const byte Binary = 0x2;
    internal const byte Close = 0x8;
    internal const byte Ping = 0x9;
    internal const byte Pong = 0xA;

    internal const int MaxControlBytes = 125;
    private const byte Final = 0x80;
    private const byte Masked = 0x80;
    private const int MaskBytes = 4;

    /// <summary>Reads the header of a client's frame. False: not all of it is there yet.</summary>
    internal static bool TryReadHeader(ReadOnlySpan<byte> bytes, out FrameHeader header)
    {
        header = default;
        if (bytes.Length < 2)
        {
            return false;
        }

        var masked = (bytes[1] & Masked) != 0;
        var (length, lengthBytes) = (ulong)(bytes[1] & 0x7F) switch
        {
            126 => (bytes.Length >= 4 ? BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) : 0UL, 2),
            127 => (bytes.Length >= 10 ? BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]) : 0UL, 8),
            var small => (small, 0),
        };
        var headerBytes = 2 + lengthBytes + (masked ? MaskBytes : 0);
        if (bytes.Length < headerBytes)
        {
            return false;
        }

        var mask = masked ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[(headerBytes - MaskBytes)..]) : 0;
        header = new FrameHeader((byte)(bytes[0] & 0x0F), (bytes[0] & Final) != 0, (bytes[0] & 0x70) != 0, masked, mask, headerBytes, length);
        return true;
    }

    internal static void Unmask(Span<byte> payload, uint mask)
    {
        if (!BitConverter.IsLittleEndian)
        {
            mask = BinaryPrimitives.ReverseEndianness(mask);
        }

        var pattern = new Vector<uint>(mask);
        var vectors = MemoryMarshal.Cast<byte, Vector<uint>>(payload);
        foreach (ref var vector in vectors)
        {
            vector ^= pattern;
        }

        // A vector's width is a multiple of the mask's, so the rest starts at the mask's first byte again.
        var rest = payload[(vectors.Length * Vector<byte>.Count)..];
        var words = MemoryMarshal.Cast<byte, uint>(rest);
        foreach (ref var word in words)
        {
            word ^= mask;
        }

        Span<byte> maskBytes = stackalloc byte[MaskBytes];
        MemoryMarshal.Write(maskBytes, in mask);
        var tail = rest[(words.Length * MaskBytes)..];
        for (var i = 0; i < tail.Length; i++)
        {
            tail[i] ^= maskBytes[i];
        }
    }

    /// <summary>Starts a server frame whose payload the caller appends next.</summary>
    /// <param name="expected">What the payload will about need; a wrong guess costs a move of the payload in <see cref="End"/>.</param>
    internal static FrameMark Begin(FrameBuffer buffer, int expected)
    {
        var mark = new FrameMark(buffer.Length, HeaderBytes(expected));
        buffer.GetSpan(mark.HeaderBytes + expected);
        buffer.Advance(mark.HeaderBytes);
        return mark;
    }

    /// <summary>Ends the frame: writes its header, now that the payload's length is known.</summary>
    internal static void End(FrameBuffer buffer, FrameMark mark, byte opcode)
    {
        var payloadStart = mark.Start + mark.HeaderBytes;
        var length = buffer.Length - payloadStart;
        var headerBytes = HeaderBytes(length);
        if (headerBytes != mark.HeaderBytes)
        {
            MovePayload(buffer, mark, length, headerBytes);
        }

        WriteHeader(buffer.Span[mark.Start..], opcode, length);
    }

    private static void MovePayload(FrameBuffer buffer, FrameMark mark, int length, int headerBytes)
    {
        var growth = headerBytes - mark.HeaderBytes;
        if (growth > 0)
        {
            buffer.GetSpan(growth);
            buffer.Advance(growth);
        }

        var frame = buffer.Span[mark.Start..];
        frame.Slice(mark.HeaderBytes, length).CopyTo(frame[headerBytes..]);
        if (growth < 0)
        {
            buffer.Truncate(buffer.Length + growth);
        }
    }

    private static void WriteHeader(Span<byte> header, byte opcode, int length)
    {
        header[0] = (byte)(Final | opcode);
        switch (HeaderBytes(length))
        {
            case 2:
                header[1] = (byte)length;
                break;
            case 4:
                header[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)length);
                break;
            default:
                header[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(header[2..], (ulong)length);
                break;
        }
    }

    private static int HeaderBytes(int payload) => payload switch
    {
        <= MaxControlBytes => 2,
        <= ushort.MaxValue => 4,
        _ => 10,
    };
}
