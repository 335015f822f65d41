using System.Buffers;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// A growing run of bytes in a pooled array: written at its end, taken from its start. It holds an array only while it holds bytes, so
/// an idle connection has none. Not thread-safe.
/// </summary>
internal sealed class FrameBuffer : IBufferWriter<byte>
{
    private const int SmallestArray = 512;

    private byte[] _bytes = [];
    private int _start;
    private int _end;

    internal int Length => _end - _start;

    internal bool IsEmpty => _end == _start;

    internal Span<byte> Span => _bytes.AsSpan(_start, Length);

    internal ReadOnlyMemory<byte> Memory => _bytes.AsMemory(_start, Length);

    public void Advance(int count) => _end += count;

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsSpan(_end);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(_end);
    }

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
    }

    internal void Append(byte value)
    {
        Reserve(1);
        _bytes[_end++] = value;
    }

    /// <summary>Drops bytes from the start.</summary>
    internal void Consume(int count)
    {
        _start += count;
        if (_start == _end)
        {
            Release();
        }
    }

    /// <summary>Drops bytes from the end, down to a length that <see cref="Length"/> had before.</summary>
    internal void Truncate(int length) => _end = _start + length;

    /// <summary>Drops everything and gives the array back.</summary>
    internal void Release()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = [];
        _start = _end = 0;
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - _end >= count)
        {
            return;
        }

        var length = Length;
        if (length + count <= _bytes.Length && _start >= length)
        {
            // At least half of the array is behind the start, so moving down costs less than it gains.
            Span.CopyTo(_bytes);
        }
        else
        {
            var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(length + count, 2 * length), SmallestArray));
            Span.CopyTo(bytes);
            if (_bytes.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_bytes);
            }

            _bytes = bytes;
        }

        _start = 0;
        _end = length;
    }
}
