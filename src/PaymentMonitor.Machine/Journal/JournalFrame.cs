using System.Buffers.Binary;
using System.Numerics;

namespace PaymentMonitor.Machine;

/// <summary>
/// What is written and flushed in one piece: marker, length, checksum, then records. A batch is there whole or not at all, so a torn
/// write takes only what nobody was promised. The checksum covers the place too: bytes of an earlier file that the disk brings
/// back are not taken for a frame.
/// </summary>
internal static class JournalFrame
{
    internal const int PrefixBytes = 12;

    private const uint Marker = 0x464A_4D50; // "PMJF"

    /// <summary>Fills in the prefix, for which the first <see cref="PrefixBytes"/> were left free.</summary>
    internal static void Seal(Span<byte> frame, long segment, long offset)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Marker);
        BinaryPrimitives.WriteInt32LittleEndian(frame[4..], frame.Length - PrefixBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[8..], Checksum(frame[PrefixBytes..], segment, offset));
    }

    /// <returns>False where no frame begins, or it is damaged.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, long segment, int offset, out ReadOnlySpan<byte> records)
    {
        records = default;
        var rest = bytes[offset..];
        if (rest.Length < PrefixBytes || BinaryPrimitives.ReadUInt32LittleEndian(rest) != Marker)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(rest[4..]);
        if (length < 0 || length > rest.Length - PrefixBytes)
        {
            return false;
        }

        records = rest.Slice(PrefixBytes, length);
        return BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]) == Checksum(records, segment, offset);
    }

    /// <summary>The next frame behind damage.</summary>
    /// <returns>Its offset, or the end.</returns>
    internal static int Next(ReadOnlySpan<byte> bytes, long segment, int offset)
    {
        Span<byte> marker = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(marker, Marker);
        while (bytes[offset..].IndexOf(marker) is var distance and >= 0)
        {
            offset += distance;
            if (TryRead(bytes, segment, offset, out _))
            {
                return offset;
            }

            offset++;
        }

        return bytes.Length;
    }

    internal static uint Checksum(ReadOnlySpan<byte> bytes, long segment, long offset)
    {
        var crc = BitOperations.Crc32C(BitOperations.Crc32C(uint.MaxValue, (ulong)segment), (ulong)offset);
        crc = BitOperations.Crc32C(crc, (ulong)bytes.Length);
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (var rest in bytes)
        {
            crc = BitOperations.Crc32C(crc, rest);
        }

        return ~crc;
    }
}
