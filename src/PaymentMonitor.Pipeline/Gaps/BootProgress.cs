namespace PaymentMonitor.Pipeline;

/// <summary>Numbers <paramref name="From"/> to <paramref name="To"/>, both inclusive.</summary>
public readonly record struct SequenceRange(long From, long To)
{
    public long Count => To - From + 1;
}

/// <summary>
/// Which numbers of one boot of a machine have arrived. Ranges ascend and have something missing between them. Not thread-safe.
/// </summary>
public sealed class BootProgress(long boot)
{
    /// <summary>More holes than this are not told apart: what would open another is forgotten, and so asked for again.</summary>
    public const int RangesMax = 64;

    private readonly List<SequenceRange> _seen = [];

    public long Boot { get; } = boot;

    /// <summary>Nothing up to here is waited for; null while nobody knows where the numbers begin.</summary>
    public long? Floor { get; set; }

    /// <summary>The highest number that is known to have been used.</summary>
    public long Known { get; private set; }

    /// <summary>Since when something is missing; null while nothing is.</summary>
    public DateTimeOffset? MissingSince { get; set; }

    /// <summary>When something missing arrived last, or began to be missing.</summary>
    public DateTimeOffset? QuietSince { get; set; }

    public IReadOnlyList<SequenceRange> Seen => _seen;

    /// <summary>Everything up to here has arrived.</summary>
    public long Contiguous => _seen.Count > 0 && (Floor is not { } floor || _seen[0].From <= floor + 1) ? _seen[0].To : Floor ?? 0;

    /// <summary>Takes note of a number that arrived.</summary>
    public void Note(long seq, DateTimeOffset now)
    {
        var fills = seq < Known;
        if (!Add(new SequenceRange(seq, seq)))
        {
            return;
        }

        Known = Math.Max(Known, seq);
        Look(now, fills);
    }

    /// <summary>Takes note of a number that the machine says it has used.</summary>
    public void Announce(long seq, DateTimeOffset now)
    {
        Known = Math.Max(Known, seq);
        Look(now, fills: false);
    }

    /// <summary>What has not arrived of the numbers that are known to have been used, ascending.</summary>
    public IEnumerable<SequenceRange> Missing()
    {
        var next = (Floor ?? (_seen.Count > 0 ? _seen[0].From - 1 : Known)) + 1;
        foreach (var range in _seen)
        {
            if (range.From > next)
            {
                yield return new SequenceRange(next, range.From - 1);
            }

            next = Math.Max(next, range.To + 1);
        }

        if (next <= Known)
        {
            yield return new SequenceRange(next, Known);
        }
    }

    /// <summary>Stops waiting for what is missing.</summary>
    /// <returns>What that was.</returns>
    public IReadOnlyList<SequenceRange> GiveUp()
    {
        var missing = Missing().ToList();
        _seen.Clear();
        Floor = Known;
        (MissingSince, QuietSince) = (null, null);
        return missing;
    }

    /// <summary>Adds what another instance, or an earlier life of this one, has taken note of.</summary>
    public void Merge(BootProgress other, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(other);
        Floor = Floor is null ? other.Floor : Math.Max(Floor.Value, other.Floor ?? 0);
        foreach (var range in other._seen)
        {
            Add(range);
        }

        Known = Math.Max(Known, other.Known);
        MissingSince = Earlier(MissingSince, other.MissingSince);
        QuietSince = Later(QuietSince, other.QuietSince);
        Look(now, fills: false);
    }

    /// <summary>As it was stored.</summary>
    internal BootProgress Copy()
    {
        var copy = new BootProgress(Boot) { Floor = Floor, MissingSince = MissingSince, QuietSince = QuietSince };
        copy.Restore(_seen, Known);
        return copy;
    }

    internal void Restore(IEnumerable<SequenceRange> seen, long known)
    {
        _seen.AddRange(seen);
        Known = known;
    }

    private void Look(DateTimeOffset now, bool fills)
    {
        if (IsComplete())
        {
            (MissingSince, QuietSince) = (null, null);
            return;
        }

        MissingSince ??= now;
        QuietSince = fills || QuietSince is null ? now : QuietSince;
    }

    // The usual case, without an enumeration.
    private bool IsComplete() => _seen.Count switch
    {
        0 => Known <= (Floor ?? Known),
        1 => _seen[0].To >= Known && (Floor is not { } floor || _seen[0].From <= floor + 1),
        _ => false,
    };

    private bool Add(SequenceRange range)
    {
        if (range.To <= Floor)
        {
            return false;
        }

        // From the end: numbers come mostly in order.
        var at = _seen.Count;
        while (at > 0 && _seen[at - 1].From > range.From)
        {
            at--;
        }

        if (at > 0 && _seen[at - 1].To >= range.From - 1)
        {
            at--;
            if (_seen[at].To >= range.To)
            {
                return false;
            }

            _seen[at] = _seen[at] with { To = range.To };
        }
        else if (_seen.Count < RangesMax || (at < _seen.Count && _seen[at].From <= range.To + 1))
        {
            _seen.Insert(at, range);
        }
        else
        {
            return false;
        }

        while (at + 1 < _seen.Count && _seen[at + 1].From <= _seen[at].To + 1)
        {
            _seen[at] = _seen[at] with { To = Math.Max(_seen[at].To, _seen[at + 1].To) };
            _seen.RemoveAt(at + 1);
        }

        return true;
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b ?? a : a;

    private static DateTimeOffset? Later(DateTimeOffset? a, DateTimeOffset? b) => a is null || b > a ? b ?? a : a;
}
