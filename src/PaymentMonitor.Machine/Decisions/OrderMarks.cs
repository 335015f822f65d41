using System.Buffers;
using System.Buffers.Binary;

namespace PaymentMonitor.Machine;

/// <summary>
/// How far the decisions of one order came on this machine. Every mark is only ever set, so two sets of marks merge into their
/// union, whichever was written first.
/// </summary>
/// <param name="Kept">The newest version on the disk.</param>
/// <param name="Started">The versions that were handed over, a bit each.</param>
/// <param name="Ended">The versions that nothing is left to do for, a bit each.</param>
/// <param name="Shipped">A shipment of this order was started: there is never a second one.</param>
internal readonly record struct OrderMarks(int Kept, UInt128 Started, UInt128 Ended, bool Shipped)
{
    /// <summary>An order has at most 64 events, and so fewer decisions than this.</summary>
    internal const int MaxVersion = 127;

    internal const int Bytes = 4 + 16 + 16 + 1;

    internal bool HasStarted(int version) => (Started >> version & UInt128.One) != 0;

    internal bool HasEnded(int version) => (Ended >> version & UInt128.One) != 0;

    internal OrderMarks Start(int version, bool shipment) => this with { Started = Started | UInt128.One << version, Shipped = Shipped || shipment };

    internal OrderMarks End(int version) => this with { Ended = Ended | UInt128.One << version };

    internal OrderMarks Merge(OrderMarks other)
    {
        return new OrderMarks(Math.Max(Kept, other.Kept), Started | other.Started, Ended | other.Ended, Shipped || other.Shipped);
    }

    internal static OrderMarks Read(ReadOnlySpan<byte> bytes)
    {
        return new OrderMarks(
            BinaryPrimitives.ReadInt32LittleEndian(bytes),
            BinaryPrimitives.ReadUInt128LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt128LittleEndian(bytes[20..]),
            bytes[36] != 0);
    }

    internal void Write(IBufferWriter<byte> into)
    {
        var span = into.GetSpan(Bytes);
        BinaryPrimitives.WriteInt32LittleEndian(span, Kept);
        BinaryPrimitives.WriteUInt128LittleEndian(span[4..], Started);
        BinaryPrimitives.WriteUInt128LittleEndian(span[20..], Ended);
        span[36] = Shipped ? (byte)1 : (byte)0;
        into.Advance(Bytes);
    }
}
