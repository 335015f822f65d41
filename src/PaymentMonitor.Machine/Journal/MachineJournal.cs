using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// A machine's memory on its disk: what it reported and has no receipt for, and what it was told to do. It outlives the process and
/// a power cut; the next client over it goes on where the last one stopped. Many clients of one process may share one; each machine
/// has at most one client at a time. Thread-safe. Dispose the clients first.
/// </summary>
public sealed class MachineJournal : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<MachineId, MachineLedger> _ledgers;
    private readonly IJournalFolder _folder;
    private readonly JournalSegments _segments;
    private readonly JournalLimits _limits;
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private long _liveBytes;

    private MachineJournal(IJournalFolder folder, string where, JournalLimits limits, TimeProvider time, ILogger logger)
    {
        _folder = folder;
        _limits = limits;
        _time = time;
        var recovered = JournalRecovery.Read(folder);
        _ledgers = recovered.Ledgers;
        _segments = new JournalSegments(folder, where, limits, recovered.Segments, Ledgers, time, logger);
        Recovery = recovered.Finish(_segments, time.GetUtcNow(), logger);
        _liveBytes = _ledgers.Values.Sum(ledger => ledger.LiveBytes);
        Writer = new JournalWriter(folder, _segments, logger);
        _meter = MachineMetrics.Observe(this);
    }

    /// <summary>What was found when the journal was opened.</summary>
    public RecoveryReport Recovery { get; }

    /// <summary>Bytes of events without a receipt and of decisions that something is left to do for.</summary>
    public long LiveBytes => Interlocked.Read(ref _liveBytes);

    /// <summary>The age of the oldest event without a receipt, by this machine's clock; zero without one.</summary>
    public TimeSpan OldestAge
    {
        get
        {
            var oldest = DateTimeOffset.MaxValue;
            foreach (var ledger in Ledgers())
            {
                lock (ledger.Lock)
                {
                    foreach (var report in ledger.Reports.Values)
                    {
                        oldest = report.Event.Time < oldest ? report.Event.Time : oldest;
                    }
                }
            }

            var age = _time.GetUtcNow() - oldest;
            return age > TimeSpan.Zero ? age : TimeSpan.Zero;
        }
    }

    internal JournalWriter Writer { get; }

    /// <summary>Opens the journal in a folder, or begins one.</summary>
    /// <exception cref="ArgumentException">An option breaks its rule, which the message gives.</exception>
    /// <exception cref="JournalException">The folder cannot be used, or another process uses it.</exception>
    public static MachineJournal Open(JournalOptions options, ILogger<MachineJournal>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Open(DiskFolder.Open(options.Folder), options.Folder, options.Limits, TimeProvider.System, logger);
    }

    /// <summary>
    /// A journal that forgets everything with its process: for tests and measurements, and for machines without a disk, which may then
    /// lose events and ship twice after a power cut.
    /// </summary>
    public static MachineJournal InMemory(long maxBytes = 16 * 1024 * 1024)
    {
        var options = new JournalOptions { Folder = "memory", MaxBytes = maxBytes };
        options.Validate();
        return Open(new MemoryFolder(), options.Folder, options.Limits, TimeProvider.System, null);
    }

    internal static MachineJournal Open(IJournalFolder folder, string where, JournalLimits limits, TimeProvider time, ILogger? logger)
    {
        try
        {
            return new MachineJournal(folder, where, limits, time, logger ?? NullLogger.Instance);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            folder.Dispose();
            throw DiskError.IsFull(e)
                ? new JournalException("disk-full", $"The disk of the journal in '{where}' has no room for two segments of {limits.SegmentBytes} bytes: free space on it.", e)
                : new JournalException("journal-unreachable", $"The journal in '{where}' cannot be opened: {e.Message}", e);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Writes what is left and closes the files.</summary>
    public void Dispose()
    {
        Writer.Dispose();
        _meter.Dispose();
        _folder.Dispose();
    }

    /// <summary>Gives a new client what the machine's last one left.</summary>
    /// <exception cref="JournalException">A client has it.</exception>
    internal MachineLedger Attach(MachineId machineId)
    {
        lock (_lock)
        {
            if (!_ledgers.TryGetValue(machineId, out var ledger))
            {
                ledger = new MachineLedger(machineId);
                _ledgers.Add(machineId, ledger);
            }

            lock (ledger.Lock)
            {
                if (ledger.IsAttached)
                {
                    throw new JournalException("machine-in-use", $"Machine '{machineId}' has a client over this journal already: dispose that one first.");
                }

                ledger.IsAttached = true;
                ledger.Renew();
                ledger.LastBoot = Math.Max(_time.GetUtcNow().ToUnixTimeMilliseconds(), ledger.LastBoot + 1);
                ledger.Segment = Writer.Segment;
                Writer.Boot(machineId, ledger.LastBoot);
                MachineMetrics.Pending.Add(ledger.Reports.Count);
                return ledger;
            }
        }
    }

    /// <summary>Takes it back from a client that ends, when everything it wrote is on the disk.</summary>
    internal async Task DetachAsync(MachineLedger ledger)
    {
        await Writer.FlushAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (ledger.Lock)
        {
            ledger.IsAttached = false;
            MachineMetrics.Pending.Add(-ledger.Reports.Count);
        }
    }

    /// <exception cref="ReportRefusedException">There is no room for the event.</exception>
    internal void RequireRoom(OrderEvent body, bool isNew)
    {
        if (!HasRoom(isNew))
        {
            throw new ReportRefusedException("journal-full", $"What waits for the back end takes {LiveBytes} of the journal's {_limits.MaxBytes} bytes, and {body.Type} finds no room: report it again when the back end has taken some.");
        }

        if (isNew && !_segments.HasRoomAhead)
        {
            throw new ReportRefusedException("disk-full", $"The disk of the journal is full: what is left is for orders under way, not for {body.Type}. Free space on it.");
        }
    }

    /// <param name="isNew">It begins something, which must leave room to finish what is under way.</param>
    internal bool HasRoom(bool isNew) => LiveBytes < (isNew ? _limits.MaxBytes / 2 : _limits.MaxBytes / 4 * 3);

    internal void Took(int bytes) => Interlocked.Add(ref _liveBytes, bytes);

    internal void Freed(int bytes) => Interlocked.Add(ref _liveBytes, -bytes);

    /// <summary>Reads events from the files again, also receipted ones as far as they are still there.</summary>
    internal IReadOnlyList<(ReportedEvent Event, int Bytes, long Segment)> Find(MachineId machineId, ResendRange range, int atMost)
    {
        return JournalRecovery.Find(_folder, machineId, range, atMost);
    }

    private IEnumerable<MachineLedger> Ledgers()
    {
        lock (_lock)
        {
            return [.. _ledgers.Values];
        }
    }
}
