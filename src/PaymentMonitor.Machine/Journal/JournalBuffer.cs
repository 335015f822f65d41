using System.Buffers;

namespace PaymentMonitor.Machine;

/// <summary>Bytes of one batch. Unlike the framework's writers it can be written to again further up: lengths and checksums are known last.</summary>
internal sealed class JournalBuffer : IBufferWriter<byte>
{
    /// <summary>A burst's buffer is not kept for quiet times.</summary>
    private const int KeptBytes = 32 * 1024;

    private byte[] _bytes = new byte[1024];

    internal int Length { get; private set; }

    internal Span<byte> Written => _bytes.AsSpan(0, Length);

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(Length);
    }

    /// <summary>Forgets what was written after <paramref name="length"/>.</summary>
    internal void Cut(int length)
    {
        Length = length;
        if (length == 0 && _bytes.Length > KeptBytes)
        {
            _bytes = new byte[KeptBytes];
        }
    }

    private void Reserve(int sizeHint)
    {
        var needed = Length + Math.Max(sizeHint, 64);
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(needed, 2 * _bytes.Length));
        }
    }
}
