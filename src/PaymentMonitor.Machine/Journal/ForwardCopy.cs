using System.Text.Json;

namespace PaymentMonitor.Machine;

/// <summary>What a journal still needs of the segments up to one that is to be deleted, gathered as one frame.</summary>
internal sealed class ForwardCopy : IDisposable
{
    private readonly List<IKept> _entries = [];

    internal ForwardCopy(long through)
    {
        Through = through;
        Bytes.GetSpan(JournalFrame.PrefixBytes);
        Bytes.Advance(JournalFrame.PrefixBytes);
    }

    internal long Through { get; }

    internal JournalBuffer Bytes { get; } = new();

    internal Utf8JsonWriter Json { get; } = new(Stream.Null);

    internal int Entries => _entries.Count;

    internal bool IsEmpty => Bytes.Length == JournalFrame.PrefixBytes;

    /// <summary>True where the entry has to be written again.</summary>
    internal bool Takes(IKept entry)
    {
        if (entry.Segment > Through)
        {
            return false;
        }

        _entries.Add(entry);
        return true;
    }

    internal void MovedTo(long segment)
    {
        foreach (var entry in _entries)
        {
            entry.Segment = segment;
        }
    }

    public void Dispose() => Json.Dispose();
}

/// <summary>Something in a journal.</summary>
internal interface IKept
{
    /// <summary>It is complete in this segment and later ones.</summary>
    long Segment { get; set; }
}
