using System.Buffers.Binary;

namespace PaymentMonitor.Machine;

/// <summary>The first bytes of a segment: what it is, in which format, and a checksum.</summary>
internal static class SegmentHeader
{
    internal const int Bytes = 12;

    /// <summary>Its last byte is the format's version.</summary>
    private static ReadOnlySpan<byte> Magic => "PMJOURN1"u8;

    internal static byte[] Create()
    {
        var header = new byte[Bytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), JournalFrame.Checksum(Magic, 0, 0));
        return header;
    }

    /// <returns>False where it is damaged; the frames behind it prove themselves.</returns>
    /// <exception cref="JournalException">A newer version wrote it.</exception>
    internal static bool IsWhole(ReadOnlySpan<byte> segment)
    {
        if (segment.Length < Bytes
            || !segment.StartsWith(Magic[..7])
            || BinaryPrimitives.ReadUInt32LittleEndian(segment[8..]) != JournalFrame.Checksum(segment[..8], 0, 0))
        {
            return false;
        }

        return segment[7] == Magic[7]
            ? true
            : throw new JournalException("journal-newer", $"The journal has format {(char)segment[7]}, and this version reads format {(char)Magic[7]}: go back to the version that wrote it, or let that one finish and begin in an empty folder.");
    }
}
