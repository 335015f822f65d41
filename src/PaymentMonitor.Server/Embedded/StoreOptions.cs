namespace PaymentMonitor.Server.Embedded;

/// <summary>Bounds of the embedded store. The defaults fit two cores and an ordinary disk.</summary>
internal sealed record StoreOptions
{
    /// <summary>Appends that may wait for the loop; above, reporters are asked to send again.</summary>
    public int QueueCapacity { get; init; } = 8_192;

    /// <summary>The most that one transaction takes, so that nobody waits long behind a burst.</summary>
    public int BatchMax { get; init; } = 512;

    /// <summary>Orders kept in memory; the others are read when they are next heard of.</summary>
    public int HotOrders { get; init; } = 16_384;

    /// <summary>Pages in the write-ahead log (4 KiB each) from which it is copied back into the file.</summary>
    public int CheckpointPages { get; init; } = 4_000;

    /// <summary>
    /// What the write-ahead log keeps of the disk once it begins again. A long reader (an export, a backup) or a burst makes it grow
    /// beyond that for as long as it lasts.
    /// </summary>
    public long JournalBytesMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>Files up to this size are checked as a whole at start; larger ones as they are read.</summary>
    public long IntegrityCheckMaxBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>How long a reporter is asked to wait when the store cannot take its event.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Orders are worked behind the log and saved elsewhere: the loop only appends, and takes in what was saved
    /// (<see cref="UnitOfWork.Take"/>), so that its rows are to the readers of the feed what documents in a change feed are.
    /// </summary>
    public bool OrdersElsewhere { get; init; }
}
