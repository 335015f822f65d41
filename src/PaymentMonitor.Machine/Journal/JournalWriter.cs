using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// Writes records in batches: whatever comes while one batch is on its way to the disk shares the next flush, so a thousand clients
/// of one process need no more flushes than one. When nothing is under way a record is flushed at once. Thread-safe.
/// </summary>
internal sealed partial class JournalWriter : IDisposable
{
    /// <summary>The back end's limit for an event.</summary>
    internal const int MaxEventBytes = 64 * 1024;

    /// <summary>What sending adds to an event: when it is sent, and whether that is later than it happened.</summary>
    private const int SendingBytes = 96;

    /// <summary>Records that nobody waits for are written with the next batch, or when they are this many bytes.</summary>
    private const int MaxIdleBytes = 16 * 1024;

    private readonly IJournalFolder _folder;
    private readonly JournalSegments _segments;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Utf8JsonWriter _json = new(Stream.Null);
    private Batch _filling = new();
    private Batch? _spare;
    private Thread? _thread;
    private Task _written = Task.CompletedTask;
    private bool _disposed;
    private bool _failing;

    internal JournalWriter(IJournalFolder folder, JournalSegments segments, ILogger logger)
    {
        _folder = folder;
        _segments = segments;
        _logger = logger;
    }

    /// <summary>A segment that what is appended now is in, or a later one.</summary>
    internal long Segment => _segments.Active;

    /// <param name="bytes">The event's bytes.</param>
    /// <returns>Ends when the event is on the disk.</returns>
    /// <exception cref="ReportRefusedException">It is too large.</exception>
    internal Task Report(MachineId machine, ReportedEvent reported, out int bytes)
    {
        lock (_lock)
        {
            var before = Open_NeedsLock().Bytes.Length;
            bytes = JournalRecord.WriteReport(_filling.Bytes, _json, machine.Value, reported);
            if (bytes > MaxEventBytes - SendingBytes)
            {
                _filling.Bytes.Cut(before);
                throw new ReportRefusedException("event-too-large", $"{reported.Body.Type} has {bytes} bytes, and the back end takes {MaxEventBytes} at most: shorten its texts.");
            }

            return Append_NeedsLock(awaited: true);
        }
    }

    /// <returns>Ends when the decision is on the disk.</returns>
    internal Task Decision(MachineId machine, Decision decision, OrderMarks? marks, out int bytes)
    {
        lock (_lock)
        {
            bytes = JournalRecord.WriteDecision(Open_NeedsLock().Bytes, _json, machine.Value, decision);
            if (marks is { } set)
            {
                JournalRecord.WriteOrder(_filling.Bytes, machine.Value, decision.OrderId, set);
            }

            return Append_NeedsLock(awaited: true);
        }
    }

    /// <param name="awaited">False: it may wait for the next batch.</param>
    internal Task Order(MachineId machine, OrderId orderId, OrderMarks marks, bool awaited)
    {
        lock (_lock)
        {
            JournalRecord.WriteOrder(Open_NeedsLock().Bytes, machine.Value, orderId, marks);
            return Append_NeedsLock(awaited);
        }
    }

    /// <summary>Goes with the next batch. If it is lost, the event is sent once more and recognised as a repeat.</summary>
    internal void Receipt(MachineId machine, string eventId)
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                JournalRecord.WriteReceipt(_filling.Bytes, machine.Value, eventId);
                Append_NeedsLock(awaited: false);
            }
        }
    }

    /// <summary>Goes with the next batch, and so in front of the boot's first event.</summary>
    internal void Boot(MachineId machine, long boot)
    {
        lock (_lock)
        {
            JournalRecord.WriteNumber(Open_NeedsLock().Bytes, RecordKind.Boot, machine.Value, boot);
            Append_NeedsLock(awaited: false);
        }
    }

    /// <summary>Ends when everything appended so far is on the disk.</summary>
    internal Task FlushAsync()
    {
        lock (_lock)
        {
            return _filling.IsEmpty || _disposed ? _written : Append_NeedsLock(awaited: true, evenIfVolatile: true);
        }
    }

    /// <summary>Writes what is left, and ends.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            Wake_NeedsLock();
        }

        _thread.Join();
        _wake.Dispose();
        _json.Dispose();
    }

    private Batch Open_NeedsLock()
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(MachineJournal));
        return _filling;
    }

    private Task Append_NeedsLock(bool awaited, bool evenIfVolatile = false)
    {
        var wait = awaited && (evenIfVolatile || !_folder.IsVolatile);
        if (!_filling.Awaited && (wait || _filling.Bytes.Length >= MaxIdleBytes))
        {
            _filling.Awaited = true;
            Wake_NeedsLock();
        }

        return wait || !awaited ? _filling.Flushed : Task.CompletedTask;
    }

    [MemberNotNull(nameof(_thread))]
    private void Wake_NeedsLock()
    {
        if (_thread is null)
        {
            // A thread of its own: a flush blocks, and the pool's threads are for those who wait for it.
            _thread = new Thread(Run) { IsBackground = true, Name = "PaymentMonitor journal" };
            _thread.Start();
        }

        _wake.Set();
    }

    private void Run()
    {
        while (true)
        {
            _wake.WaitOne();
            while (Take() is { } batch)
            {
                Commit(batch);
            }

            lock (_lock)
            {
                if (_disposed && _filling.IsEmpty)
                {
                    return;
                }
            }
        }
    }

    private Batch? Take()
    {
        lock (_lock)
        {
            if (_filling.IsEmpty || (!_filling.Awaited && !_disposed))
            {
                return null;
            }

            var batch = _filling;
            _filling = _spare ?? new Batch();
            _spare = null;
            _written = batch.Flushed;
            return batch;
        }
    }

    private void Commit(Batch batch)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            _segments.Append(batch.Bytes.Written);
            MachineMetrics.Flushed(Stopwatch.GetElapsedTime(began), batch.Bytes.Length);
            _failing = false;
            batch.Done();
        }
        catch (Exception e)
        {
            // Whatever the disk answers, the callers must hear of it and the next batch must be tried.
            if (!_failing)
            {
                Log.WriteFailed(_logger, _segments.Where, e.Message);
            }

            _failing = true;
            batch.Fail(Refusal(e));
        }

        _segments.Tidy();
        lock (_lock)
        {
            batch.Reset();
            _spare = batch;
        }
    }

    private static ReportRefusedException Refusal(Exception e) => DiskError.IsFull(e)
        ? new ReportRefusedException("disk-full", "The disk of the journal is full: nothing more can be kept. Free space on it.", e)
        : new ReportRefusedException("disk-failed", $"The disk of the journal takes nothing: {e.Message} The event may or may not be on it; report it again under the same id.", e);

    /// <summary>What shares one flush. Its prefix is left free for the frame.</summary>
    private sealed class Batch
    {
        private TaskCompletionSource _flushed = null!;

        internal Batch() => Reset();

        internal JournalBuffer Bytes { get; } = new();

        internal bool Awaited { get; set; }

        internal Task Flushed => _flushed.Task;

        internal bool IsEmpty => Bytes.Length == JournalFrame.PrefixBytes;

        internal void Done() => _flushed.SetResult();

        internal void Fail(Exception e)
        {
            _flushed.SetException(e);
            _ = _flushed.Task.Exception;
        }

        internal void Reset()
        {
            _flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Awaited = false;
            Bytes.Cut(0);
            Bytes.GetSpan(JournalFrame.PrefixBytes)[..JournalFrame.PrefixBytes].Clear();
            Bytes.Advance(JournalFrame.PrefixBytes);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7101, LogLevel.Error, "The journal in {Folder} cannot be written: {Detail} Reports are refused until it can.")]
        internal static partial void WriteFailed(ILogger logger, string folder, string detail);
    }
}
