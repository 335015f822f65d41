using System.Diagnostics.CodeAnalysis;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// Every report from its making to its receipt. It leaves only once it is in the journal; reports leave in the order of their
/// making, a bounded number of them at a time and at a bounded rate. Thread-safe; times are the client's uptime.
/// </summary>
internal sealed class MachineOutbox
{
    private readonly MachineClientOptions _options;
    private readonly MachineJournal _journal;
    private readonly MachineLedger _ledger;
    private readonly Lock _lock;
    private readonly Queue<MachineReport> _unkept = new();
    private readonly PriorityQueue<MachineReport, long> _waiting = new();
    private readonly Pace _pace;
    private int _inFlight;
    private TimeSpan _pausedUntil;

    internal MachineOutbox(MachineClientOptions options, MachineLedger ledger)
    {
        _options = options;
        _journal = options.Journal;
        _ledger = ledger;
        _lock = ledger.Lock;
        _pace = new Pace(options.EventsPerSecond, options.EventsBurst);
        foreach (var report in ledger.Reports.Values)
        {
            _waiting.Enqueue(report, report.Number);
        }
    }

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _ledger.Reports.Count;
            }
        }
    }

    /// <summary>Hands an event to the journal. An id that still waits for its receipt is not taken again: its report is answered.</summary>
    /// <exception cref="ReportRefusedException">There is no room, or it is too large.</exception>
    internal MachineReport Add(ReportedEvent reported, bool offline)
    {
        lock (_lock)
        {
            return _ledger.Reports.TryGetValue(reported.Id.Value, out var known) ? known : Add_NeedsLock(reported, offline);
        }
    }

    /// <summary>The same for an event that gets its number only if there is room for it: a refused one leaves no gap.</summary>
    internal MachineReport Add(Func<ReportedEvent> stamp, OrderEvent body, bool offline)
    {
        lock (_lock)
        {
            Require_NeedsLock(body);
            return Add_NeedsLock(stamp(), offline);
        }
    }

    /// <summary>The journal has more on the disk, or has failed: what is kept may leave, in order.</summary>
    internal void Kept()
    {
        lock (_lock)
        {
            while (_unkept.TryPeek(out var report) && report.Kept.IsCompleted)
            {
                _unkept.Dequeue();
                if (report.Kept.IsCompletedSuccessfully)
                {
                    EndDecision_NeedsLock(report.Event);
                    _waiting.Enqueue(report, report.Number);
                }
                else if (_ledger.Reports.GetValueOrDefault(report.Event.Id.Value) == report)
                {
                    Remove_NeedsLock(report);
                    report.Cancel();
                }
            }
        }
    }

    internal bool TryTake(TimeSpan now, [NotNullWhen(true)] out MachineReport? report)
    {
        lock (_lock)
        {
            report = null;
            if (_inFlight >= _options.InFlightWindow || now < _pausedUntil || _waiting.Count == 0 || !_pace.TryTake(now))
            {
                return false;
            }

            report = _waiting.Dequeue();
            report.InFlight = true;
            report.SentAt = now;
            _inFlight++;
            return true;
        }
    }

    /// <summary>Ends the report, or takes it back when the back end wants it again after a delay: the whole outbox waits for that long.</summary>
    /// <returns>False where nothing waits for this receipt: it answers a repetition.</returns>
    internal bool Receive(Receipt receipt, TimeSpan now, double jitter)
    {
        lock (_lock)
        {
            if (receipt.Id is null || !_ledger.Reports.TryGetValue(receipt.Id, out var report))
            {
                return false;
            }

            if (receipt.Status == ReceiptStatus.Retry)
            {
                var delay = TimeSpan.FromMilliseconds(Math.Max(receipt.RetryAfterMs ?? 1_000, 1) * (1 + jitter));
                _pausedUntil = now + delay > _pausedUntil ? now + delay : _pausedUntil;
                TakeBack_NeedsLock(report);
                return true;
            }

            Remove_NeedsLock(report);
            _inFlight -= report.InFlight ? 1 : 0;
            if (!report.InFlight)
            {
                _waiting.Remove(report, out _, out _);
            }

            _journal.Writer.Receipt(_ledger.MachineId, receipt.Id);
            MachineMetrics.Receipted(receipt.Status, report.InFlight ? now - report.SentAt : null);
            report.End(receipt);
            return true;
        }
    }

    /// <summary>
    /// What was in flight on a connection that is gone may have arrived or not: it is sent again. Whatever waits now is sent later
    /// than it happened, for want of a connection.
    /// </summary>
    internal void Disconnected()
    {
        TakeBack(_ => true);
        lock (_lock)
        {
            foreach (var report in _ledger.Reports.Values)
            {
                report.Offline = true;
            }
        }
    }

    /// <summary>Sends again what was sent and not receipted. What was receipted before is in the journal alone: see <see cref="Restore"/>.</summary>
    internal void Resend(ResendRange range)
    {
        TakeBack(report => report.Event.Boot == range.Boot && report.Event.Seq >= range.From && report.Event.Seq <= range.To);
    }

    /// <summary>An event that had its receipt is asked for again, and comes from the journal.</summary>
    /// <returns>False where it waits already.</returns>
    internal bool Restore(ReportedEvent reported, int bytes, long segment)
    {
        lock (_lock)
        {
            if (_ledger.Reports.ContainsKey(reported.Id.Value))
            {
                return false;
            }

            var report = new MachineReport(reported, ++_ledger.LastNumber) { Offline = true, Bytes = bytes, Segment = segment };
            Insert_NeedsLock(report);
            _waiting.Enqueue(report, report.Number);
            return true;
        }
    }

    /// <summary>Takes back what was sent so long ago that its receipt will not come.</summary>
    /// <returns>When to look again, or null when nothing is under way.</returns>
    internal TimeSpan? Expire(TimeSpan now)
    {
        lock (_lock)
        {
            var oldest = TimeSpan.MaxValue;
            if (_inFlight > 0)
            {
                foreach (var report in _ledger.Reports.Values)
                {
                    if (report.InFlight && now - report.SentAt >= _options.ReceiptTimeout)
                    {
                        TakeBack_NeedsLock(report);
                    }
                    else if (report.InFlight && report.SentAt < oldest)
                    {
                        oldest = report.SentAt;
                    }
                }
            }

            TimeSpan? next = _inFlight > 0 ? oldest + _options.ReceiptTimeout : null;
            if (_waiting.Count > 0 && _inFlight < _options.InFlightWindow)
            {
                var sending = now < _pausedUntil ? _pausedUntil : _pace.Next(now);
                next = next < sending ? next : sending;
            }

            return next;
        }
    }

    internal IReadOnlyList<MachineReport> Snapshot()
    {
        lock (_lock)
        {
            return [.. _ledger.Reports.Values];
        }
    }

    private void Require_NeedsLock(OrderEvent body)
    {
        var isNew = body is OrderEvent.Created;
        var room = isNew ? _options.OutboxCapacity - (_options.OutboxCapacity / 4) : _options.OutboxCapacity;
        if (_ledger.Reports.Count >= room)
        {
            throw new ReportRefusedException("outbox-full", $"{_ledger.Reports.Count} events wait for their receipts, and {body.Type} finds no room among {_options.OutboxCapacity}: report it again when the back end has taken some.");
        }

        _journal.RequireRoom(body, isNew);
    }

    private MachineReport Add_NeedsLock(ReportedEvent reported, bool offline)
    {
        Require_NeedsLock(reported.Body);
        var segment = _journal.Writer.Segment;
        var kept = _journal.Writer.Report(_ledger.MachineId, reported, out var bytes);
        var report = new MachineReport(reported, ++_ledger.LastNumber) { Offline = offline, Bytes = bytes, Segment = segment, Kept = kept };
        Insert_NeedsLock(report);
        _unkept.Enqueue(report);
        return report;
    }

    private void Insert_NeedsLock(MachineReport report)
    {
        _ledger.Reports.Add(report.Event.Id.Value, report);
        _journal.Took(report.Bytes);
        MachineMetrics.Pending.Add(1);
    }

    private void Remove_NeedsLock(MachineReport report)
    {
        _ledger.Reports.Remove(report.Event.Id.Value);
        _journal.Freed(report.Bytes);
        MachineMetrics.Pending.Add(-1);
    }

    private void EndDecision_NeedsLock(ReportedEvent reported)
    {
        if (_ledger.Orders.TryGetValue(reported.OrderId, out var order) && order.EndBy(reported.Body) is { } ended)
        {
            _journal.Freed(ended.Bytes);
        }
    }

    private void TakeBack(Func<MachineReport, bool> chosen)
    {
        lock (_lock)
        {
            if (_inFlight == 0)
            {
                return;
            }

            foreach (var report in _ledger.Reports.Values)
            {
                if (report.InFlight && chosen(report))
                {
                    TakeBack_NeedsLock(report);
                }
            }
        }
    }

    private void TakeBack_NeedsLock(MachineReport report)
    {
        if (report.InFlight)
        {
            report.InFlight = false;
            _inFlight--;
            _waiting.Enqueue(report, report.Number);
        }
    }
}
