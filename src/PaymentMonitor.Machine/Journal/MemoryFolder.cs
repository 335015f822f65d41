namespace PaymentMonitor.Machine;

/// <summary>Segments in memory: gone with the process.</summary>
internal sealed class MemoryFolder : IJournalFolder
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, MemoryStream> _segments = [];

    public bool IsVolatile => true;

    public IReadOnlyList<long> List()
    {
        lock (_lock)
        {
            return [.. _segments.Keys];
        }
    }

    public byte[] Read(long segment)
    {
        lock (_lock)
        {
            return _segments.TryGetValue(segment, out var bytes) ? bytes.ToArray() : throw new FileNotFoundException($"There is no segment {segment}.");
        }
    }

    public void Create(long segment, ReadOnlySpan<byte> header, int bytes)
    {
        lock (_lock)
        {
            var created = new MemoryStream();
            created.Write(header);
            _segments[segment] = created;
        }
    }

    public void Write(long segment, long offset, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            var stream = _segments[segment];
            stream.Position = offset;
            stream.Write(bytes);
        }
    }

    public void Flush(long segment)
    {
    }

    public void Seal(long segment)
    {
    }

    public void Delete(long segment)
    {
        lock (_lock)
        {
            _segments.Remove(segment);
        }
    }

    public string SetAside(long segment, long offset, ReadOnlySpan<byte> bytes) => $"segment {segment} at {offset}";

    public void Dispose()
    {
    }
}
