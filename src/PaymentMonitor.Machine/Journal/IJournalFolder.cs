namespace PaymentMonitor.Machine;

/// <summary>
/// Where the segments of a journal are: on a disk, or in memory for whoever chose to lose them. Segments are numbered upwards.
/// One caller at a time. Every method fails with an <see cref="IOException"/>, after which a write may have happened or not.
/// </summary>
internal interface IJournalFolder : IDisposable
{
    /// <summary>Nothing outlives the process, so nobody waits for a flush.</summary>
    bool IsVolatile { get; }

    /// <summary>In ascending order.</summary>
    IReadOnlyList<long> List();

    /// <summary>All that is in a segment.</summary>
    byte[] Read(long segment);

    /// <summary>Makes a segment that begins with <paramref name="header"/>, and returns when it is durable. Room is taken for <paramref name="bytes"/>.</summary>
    void Create(long segment, ReadOnlySpan<byte> header, int bytes);

    void Write(long segment, long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Returns when all that was written to the segment is durable.</summary>
    void Flush(long segment);

    /// <summary>No more is written to the segment.</summary>
    void Seal(long segment);

    void Delete(long segment);

    /// <summary>Keeps bytes that are no use to the journal for people to look at, durably.</summary>
    /// <returns>Where they are.</returns>
    string SetAside(long segment, long offset, ReadOnlySpan<byte> bytes);
}
