using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// How far a machine's reports have come, boot by boot, and what is missing between them. Pure but for being mutable: time comes
/// from the caller. Not thread-safe.
/// </summary>
public sealed class MachineProgress(MachineId machineId)
{
    /// <summary>Boots whose holes are kept. Of an older one nobody waits for anything any more.</summary>
    public const int BootsMax = 8;

    /// <summary>Losses that are kept to be shown, the newest.</summary>
    public const int LossesMax = 16;

    /// <summary>Reports overtake each other on their way: only what stays away so long is asked for.</summary>
    public static readonly TimeSpan AskAfter = TimeSpan.FromSeconds(10);

    /// <summary>A machine that has not sent its reports by then has lost them.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(24);

    private readonly List<BootProgress> _boots = [];
    private readonly List<LostReports> _losses = [];

    public MachineId MachineId { get; } = machineId;

    /// <summary>Ascending.</summary>
    public IReadOnlyList<BootProgress> Boots => _boots;

    /// <summary>What was given up, oldest first.</summary>
    public IReadOnlyList<LostReports> Losses => _losses;

    /// <summary>When the machine was last heard of.</summary>
    public DateTimeOffset? LastSeenAt { get; private set; }

    /// <summary>How far the machine's clock is ahead of this system's, with the way from there to here; null while no report says.</summary>
    public TimeSpan? ClockSkew { get; private set; }

    /// <summary>Counts the writes, for conditional ones.</summary>
    public long Revision { get; set; }

    /// <summary>Takes note of a report that arrived, whatever became of it: rejected or set aside, its number is seen.</summary>
    public void Note(ReportedEvent reported, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(reported);
        LastSeenAt = now;
        ClockSkew = reported.SentAt is { } sentAt ? sentAt - now : ClockSkew;
        if (reported is { Boot: { } boot, Seq: { } seq } && seq > 0)
        {
            Of(boot).Note(seq, now);
        }
    }

    /// <summary>Takes note of the newest number that the machine says it has used, in this boot or in the one before.</summary>
    public void Announce(SeenUpTo seen, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(seen);
        LastSeenAt = now;
        Of(seen.Boot).Announce(seen.Seq, now);
    }

    /// <summary>What to ask the machine for now, oldest first.</summary>
    public IReadOnlyList<ResendRange> ToAskFor(DateTimeOffset now, int limit)
    {
        return
        [
            .. _boots
                .Where(boot => now - boot.QuietSince >= AskAfter)
                .SelectMany(boot => boot.Missing().Select(range => new ResendRange(boot.Boot, range.From, range.To)))
                .Take(limit),
        ];
    }

    /// <summary>Gives up what is missing for too long.</summary>
    /// <returns>What is given up by this.</returns>
    public IReadOnlyList<LostReports> GiveUp(DateTimeOffset now)
    {
        var lost = new List<LostReports>();
        foreach (var boot in _boots)
        {
            if (now - boot.MissingSince >= GiveUpAfter)
            {
                lost.AddRange(boot.GiveUp().Select(range => new LostReports(boot.Boot, range.From, range.To, now)));
            }
        }

        Lose(lost);
        return lost;
    }

    /// <summary>Adds what another instance, or an earlier life of this one, has stored.</summary>
    public void Merge(MachineProgress stored, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(stored);
        foreach (var boot in stored._boots)
        {
            Of(boot.Boot).Merge(boot, now);
        }

        Lose(stored._losses.Except(_losses).ToList());
        LastSeenAt = LastSeenAt is null || stored.LastSeenAt > LastSeenAt ? stored.LastSeenAt : LastSeenAt;
        ClockSkew ??= stored.ClockSkew;
        Revision = stored.Revision;

        // Whoever knows the machine knows that each later boot begins at one.
        foreach (var boot in _boots.Skip(1))
        {
            boot.Floor ??= 0;
        }
    }

    /// <summary>As it is now, while this one goes on.</summary>
    public MachineProgress Copy()
    {
        var copy = new MachineProgress(MachineId) { Revision = Revision };
        copy.Restore(_boots.Select(boot => boot.Copy()), _losses, LastSeenAt, ClockSkew);
        return copy;
    }

    internal void Restore(IEnumerable<BootProgress> boots, IEnumerable<LostReports> losses, DateTimeOffset? lastSeenAt, TimeSpan? clockSkew)
    {
        _boots.AddRange(boots);
        _losses.AddRange(losses);
        (LastSeenAt, ClockSkew) = (lastSeenAt, clockSkew);
    }

    private BootProgress Of(long number)
    {
        var at = _boots.Count;
        while (at > 0 && _boots[at - 1].Boot >= number)
        {
            at--;
            if (_boots[at].Boot == number)
            {
                return _boots[at];
            }
        }

        // Of the first boot ever heard of nobody knows where it began; every later one begins at one.
        var boot = new BootProgress(number) { Floor = at > 0 ? 0 : null };
        _boots.Insert(at, boot);
        if (_boots.Count > BootsMax)
        {
            _boots.RemoveAt(0);
        }

        return boot;
    }

    private void Lose(IReadOnlyCollection<LostReports> lost)
    {
        _losses.AddRange(lost);
        _losses.Sort((a, b) => a.At.CompareTo(b.At));
        if (_losses.Count > LossesMax)
        {
            _losses.RemoveRange(0, _losses.Count - LossesMax);
        }
    }
}

/// <summary>Reports of a machine that never came and are no longer waited for.</summary>
public sealed record LostReports(long Boot, long From, long To, DateTimeOffset At);
