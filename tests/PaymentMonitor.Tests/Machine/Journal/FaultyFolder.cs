using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine.Journal;

/// <summary>How a disk is found after the power went.</summary>
public enum Survival
{
    /// <summary>Only what was flushed.</summary>
    Flushed,

    /// <summary>Everything that was written, also the write under way.</summary>
    Written,

    /// <summary>Half of each write that was not flushed.</summary>
    Half,

    /// <summary>The size is there and the content is not.</summary>
    Zeros,
}

/// <summary>A disk in memory that knows what was flushed, and whose power goes at a given operation.</summary>
internal sealed class FaultyFolder : IJournalFolder
{
    private readonly SortedDictionary<long, Segment> _segments = [];
    private readonly Survival _survival;
    private readonly TaskCompletionSource _crashed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left;

    /// <param name="operations">How many succeed before the power goes.</param>
    internal FaultyFolder(int operations = int.MaxValue, Survival survival = Survival.Flushed)
    {
        _left = operations;
        _survival = survival;
    }

    public bool IsVolatile => false;

    internal Task Crashed => _crashed.Task;

    internal int Operations { get; private set; }

    internal List<byte[]> SetAsides { get; private init; } = [];

    /// <summary>Answers every write and creation with this, until it is null.</summary>
    internal IOException? Failure { get; set; }

    /// <summary>Others have filled the disk: no segment can be made, and those that are there can be written.</summary>
    internal bool NoRoom { get; set; }

    public IReadOnlyList<long> List() => Locked(() => (IReadOnlyList<long>)[.. _segments.Keys]);

    public byte[] Read(long segment) => Locked(() => _segments[segment].Written.ToArray());

    public void Create(long segment, ReadOnlySpan<byte> header, int bytes)
    {
        var copy = header.ToArray();
        if (NoRoom)
        {
            throw new IOException("No space left on device", 28);
        }

        Do(
            () => _segments[segment] = new Segment { Written = [.. copy], Flushed = copy },
            () => _segments[segment] = new Segment { Written = [.. copy], Flushed = copy.AsSpan(0, copy.Length / 2).ToArray() });
    }

    public void Write(long segment, long offset, ReadOnlySpan<byte> bytes)
    {
        var copy = bytes.ToArray();
        void Put()
        {
            var written = _segments[segment].Written;
            Assert.Equal(written.Count, offset);
            written.AddRange(copy);
        }

        Do(Put, Put);
    }

    public void Flush(long segment) => Do(() => _segments[segment].Flushed = [.. _segments[segment].Written], () => { });

    public void Seal(long segment)
    {
    }

    public void Delete(long segment)
    {
        void Remove() => _segments.Remove(segment);
        Do(Remove, _survival == Survival.Written ? Remove : () => { });
    }

    public string SetAside(long segment, long offset, ReadOnlySpan<byte> bytes)
    {
        var copy = bytes.ToArray();
        Do(() => SetAsides.Add(copy), () => { });
        return $"{segment}-{offset}";
    }

    public void Dispose()
    {
    }

    /// <summary>The disk as the next process finds it.</summary>
    internal FaultyFolder AfterPowerCut(int operations = int.MaxValue, Survival survival = Survival.Flushed)
    {
        var next = new FaultyFolder(operations, survival) { SetAsides = [.. SetAsides] };
        foreach (var (number, segment) in _segments)
        {
            var lost = segment.Written.Count - segment.Flushed.Length;
            byte[] bytes = _survival switch
            {
                Survival.Flushed => segment.Flushed,
                Survival.Written => [.. segment.Written],
                Survival.Half => [.. segment.Written.Take(segment.Flushed.Length + (lost / 2))],
                _ => [.. segment.Flushed, .. new byte[Math.Max(lost, 0)]],
            };
            next._segments[number] = new Segment { Written = [.. bytes], Flushed = bytes };
        }

        return next;
    }

    /// <summary>Flips a bit of what is on the disk.</summary>
    internal void Damage(long segment, int offset) => Locked(() => _segments[segment].Written[offset] ^= 0x10);

    /// <param name="half">What is left of it when the power goes meanwhile.</param>
    private void Do(Action whole, Action half)
    {
        lock (_segments)
        {
            if (Failure is not null)
            {
                throw Failure;
            }

            if (_left-- > 0)
            {
                Operations++;
                whole();
                return;
            }

            if (_left == -1)
            {
                half();
            }

            _left = -2;
            _crashed.TrySetResult();
            throw new IOException("The power is gone.");
        }
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_segments)
        {
            return read();
        }
    }

    private sealed class Segment
    {
        internal required List<byte> Written { get; init; }

        internal required byte[] Flushed { get; set; }
    }
}
