namespace PaymentMonitor.Machine;

/// <summary>Where a journal is and how large it may become. Everything but the folder has a safe default.</summary>
public sealed record JournalOptions
{
    /// <summary>
    /// A folder of its own on a disk that outlives a power cut; made if missing. One process at a time has it open. It holds amounts
    /// and order ids, no secrets and no card data, and only its owner may read it.
    /// </summary>
    public required string Folder { get; init; }

    /// <summary>
    /// What the journal may take on the disk, 4 MiB to 64 GiB; an event takes about 400 bytes. New orders are refused when half of it is
    /// taken by what still waits for the back end, everything else at three quarters; the last quarter is for cleaning up.
    /// </summary>
    public long MaxBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// How long events are kept after their receipt, if there is room: a back end that had to go back to an older backup asks for
    /// them again. What has no receipt is kept without a limit of time.
    /// </summary>
    public TimeSpan KeepReceipted { get; init; } = TimeSpan.FromDays(1);

    internal JournalLimits Limits
    {
        get
        {
            var segment = (int)Math.Clamp(MaxBytes / 16, 256 * 1024, 64 * 1024 * 1024);
            return new JournalLimits(segment, (int)(MaxBytes / segment), KeepReceipted);
        }
    }

    internal void Validate()
    {
        Require(!string.IsNullOrWhiteSpace(Folder), nameof(Folder), "the path of a folder");
        Require(MaxBytes is >= 4L * 1024 * 1024 and <= 64L * 1024 * 1024 * 1024, nameof(MaxBytes), "4 MiB to 64 GiB");
        Require(KeepReceipted >= TimeSpan.FromMinutes(1), nameof(KeepReceipted), "one minute or more");
    }

    private static void Require(bool holds, string name, string rule)
    {
        if (!holds)
        {
            throw new ArgumentException($"{nameof(JournalOptions)}.{name} must be {rule}.");
        }
    }
}

/// <summary>What follows from the options for the segments of a journal: it is at most that many of that size.</summary>
internal readonly record struct JournalLimits(int SegmentBytes, int MaxSegments, TimeSpan KeepReceipted)
{
    internal long MaxBytes => (long)SegmentBytes * MaxSegments;
}
