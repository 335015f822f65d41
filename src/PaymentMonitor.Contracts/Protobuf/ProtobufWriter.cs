using System.Text;

namespace PaymentMonitor.Contracts;

/// <summary>
/// Writes Protocol Buffers messages into one growing buffer that is used again and again. Fields at their defaults are left out by
/// the caller. Not thread-safe.
/// </summary>
internal sealed class ProtobufWriter(int capacity = 512)
{
    private const int MaxVarintBytes = 10;

    private byte[] _bytes = new byte[capacity];

    internal int Length { get; private set; }

    internal ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    internal ReadOnlySpan<byte> WrittenSpan => _bytes.AsSpan(0, Length);

    internal void Clear() => Length = 0;

    internal byte[] ToArray() => WrittenSpan.ToArray();

    internal void Number(uint field, long value) => Number(field, (ulong)value);

    internal void Number(uint field, ulong value)
    {
        Varint((field << 3) | Wire.Varint);
        Varint(value);
    }

    /// <summary>A number of either sign, small where its size is (<c>sint64</c>).</summary>
    internal void Signed(uint field, long value) => Number(field, (ulong)((value << 1) ^ (value >> 63)));

    internal void OptionalNumber(uint field, long? value)
    {
        if (value is { } number)
        {
            Number(field, number);
        }
    }

    internal void Flag(uint field, bool value)
    {
        if (value)
        {
            Number(field, 1UL);
        }
    }

    /// <summary>Leaves out null.</summary>
    internal void Text(uint field, string? value)
    {
        if (value is null)
        {
            return;
        }

        Varint((field << 3) | Wire.Bytes);
        var count = Encoding.UTF8.GetByteCount(value);
        Varint((ulong)count);
        Reserve(count);
        Length += Encoding.UTF8.GetBytes(value, _bytes.AsSpan(Length));
    }

    internal void Bytes(uint field, ReadOnlySpan<byte> value)
    {
        Varint((field << 3) | Wire.Bytes);
        Varint((ulong)value.Length);
        Reserve(value.Length);
        value.CopyTo(_bytes.AsSpan(Length));
        Length += value.Length;
    }

    internal void Zeros(uint field, int count)
    {
        Varint((field << 3) | Wire.Bytes);
        Varint((ulong)count);
        Reserve(count);
        _bytes.AsSpan(Length, count).Clear();
        Length += count;
    }

    /// <summary>Starts a message inside this one; its fields come next, and then <see cref="End"/> with what this gave.</summary>
    internal int Begin(uint field)
    {
        Varint((field << 3) | Wire.Bytes);
        Reserve(1);
        Length++;
        return Length;
    }

    internal void End(int start)
    {
        var count = Length - start;
        if (count >= 0x80)
        {
            // One byte was kept for the length, which is enough for nearly all; a longer message moves up.
            var more = VarintBytes((ulong)count) - 1;
            Reserve(more);
            _bytes.AsSpan(start, count).CopyTo(_bytes.AsSpan(start + more));
            Length += more;
        }

        WriteVarint(_bytes.AsSpan(start - 1), (ulong)count);
    }

    private static int VarintBytes(ulong value)
    {
        var count = 1;
        for (; value >= 0x80; value >>= 7)
        {
            count++;
        }

        return count;
    }

    private static int WriteVarint(Span<byte> to, ulong value)
    {
        var count = 0;
        for (; value >= 0x80; value >>= 7)
        {
            to[count++] = (byte)(value | 0x80);
        }

        to[count++] = (byte)value;
        return count;
    }

    private void Varint(ulong value)
    {
        Reserve(MaxVarintBytes);
        Length += WriteVarint(_bytes.AsSpan(Length), value);
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - Length < count)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        }
    }
}
