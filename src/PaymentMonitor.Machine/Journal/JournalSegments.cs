using Microsoft.Extensions.Logging;

namespace PaymentMonitor.Machine;

/// <summary>
/// The segments of a journal: one that is written to, the next one, made ahead so that a disk that others fill does not stop orders
/// under way, and the older ones. When they become too many or too old, what is still needed of the oldest is copied forward and the
/// file is deleted. One caller at a time, but for the properties.
/// </summary>
internal sealed partial class JournalSegments
{
    private readonly IJournalFolder _folder;
    private readonly JournalLimits _limits;
    private readonly Func<IEnumerable<MachineLedger>> _ledgers;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Queue<(long Number, DateTimeOffset Closed)> _older = new();
    private long _active;
    private long _offset;
    private long _newest;
    private bool _hasNext;
    private bool _diskIsFull;
    private bool _suspect;

    /// <param name="older">What is there already, oldest first.</param>
    /// <exception cref="IOException">There is no room to write.</exception>
    internal JournalSegments(
        IJournalFolder folder,
        string where,
        JournalLimits limits,
        IEnumerable<long> older,
        Func<IEnumerable<MachineLedger>> ledgers,
        TimeProvider time,
        ILogger logger)
    {
        _folder = folder;
        Where = where;
        _limits = limits;
        _ledgers = ledgers;
        _time = time;
        _logger = logger;
        foreach (var segment in older)
        {
            // When it was closed is not known; being kept a little longer does no harm.
            _older.Enqueue((segment, time.GetUtcNow()));
            _newest = segment;
        }

        // Never on behind what an earlier process may have left half written.
        Create();
        Advance();
    }

    internal string Where { get; }

    internal long Active => Volatile.Read(ref _active);

    /// <summary>False while the disk has no room for another segment: what is left is for orders under way.</summary>
    internal bool HasRoomAhead => !Volatile.Read(ref _diskIsFull);

    /// <summary>Writes one frame and flushes it.</summary>
    /// <exception cref="IOException">It may be on the disk or not.</exception>
    internal void Append(Span<byte> frame)
    {
        if (_suspect || (_offset > SegmentHeader.Bytes && _offset + frame.Length > _limits.SegmentBytes))
        {
            if (!_hasNext)
            {
                Create();
            }

            Advance();
        }

        JournalFrame.Seal(frame, _active, _offset);
        try
        {
            _folder.Write(_active, _offset, frame);
            _folder.Flush(_active);
            _offset += frame.Length;
        }
        catch
        {
            // After a flush that failed nobody knows what is on the disk, and a second flush may succeed without it.
            _suspect = true;
            throw;
        }
    }

    /// <summary>Makes the next segment if it is missing, and drops what is too much. What fails is tried again after the next batch.</summary>
    internal void Tidy()
    {
        try
        {
            if (!_hasNext)
            {
                Create();
            }

            // What is copied forward may fill and close a segment; that one has its turn after the next batch.
            for (var left = _older.Count; left > 0 && IsTooMuch(_older.Peek().Closed); left--)
            {
                Drop(_older.Peek().Number);
                _older.Dequeue();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.TidyFailed(_logger, Where, e.Message);
        }
    }

    /// <summary>Drops everything that an earlier process left up to a segment, because it is damaged.</summary>
    /// <exception cref="IOException">It is still there.</exception>
    internal void DropThrough(long number)
    {
        while (_older.TryPeek(out var oldest) && oldest.Number <= number)
        {
            Drop(oldest.Number);
            _older.Dequeue();
        }
    }

    /// <summary>Two places are for the segment that is written to and the next.</summary>
    private bool IsTooMuch(DateTimeOffset closed)
    {
        return _older.Count > _limits.MaxSegments - 2 || _time.GetUtcNow() - closed > _limits.KeepReceipted;
    }

    /// <summary>Copies forward what is still needed of a segment, and deletes it.</summary>
    private void Drop(long number)
    {
        using var copy = new ForwardCopy(number);
        foreach (var ledger in _ledgers())
        {
            ledger.CopyForward(copy);
        }

        if (!copy.IsEmpty)
        {
            Append(copy.Bytes.Written);
            copy.MovedTo(_active);
        }

        _folder.Delete(number);
        Log.Dropped(_logger, Where, number, copy.Entries);
    }

    private void Create()
    {
        try
        {
            _folder.Create(_newest + 1, SegmentHeader.Create(), _limits.SegmentBytes);
        }
        catch
        {
            Volatile.Write(ref _diskIsFull, true);
            throw;
        }

        _newest++;
        _hasNext = true;
        Volatile.Write(ref _diskIsFull, false);
    }

    private void Advance()
    {
        if (_active > 0)
        {
            _folder.Seal(_active);
            _older.Enqueue((_active, _time.GetUtcNow()));
        }

        Volatile.Write(ref _active, _newest);
        _hasNext = false;
        _offset = SegmentHeader.Bytes;
        _suspect = false;
    }

    private static partial class Log
    {
        [LoggerMessage(7102, LogLevel.Warning, "The journal in {Folder} cannot be tidied: {Detail} New orders are refused while there is no room; it is tried again.")]
        internal static partial void TidyFailed(ILogger logger, string folder, string detail);

        [LoggerMessage(7103, LogLevel.Debug, "The journal in {Folder} dropped segment {Segment} and copied {Entries} entries forward.")]
        internal static partial void Dropped(ILogger logger, string folder, long segment, int entries);
    }
}
