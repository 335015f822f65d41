using System.Diagnostics.CodeAnalysis;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// Every report from its making to its receipt, in memory: it outlives connections, not the process. Reports leave in the order
/// of their making, a bounded number of them at a time. Thread-safe; times are the client's uptime.
/// </summary>
internal sealed class MachineOutbox(int capacity, int window, TimeSpan receiptTimeout)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, MachineReport> _reports = new(StringComparer.Ordinal);
    private readonly PriorityQueue<MachineReport, long> _waiting = new();
    private long _lastNumber;
    private int _inFlight;
    private TimeSpan _pausedUntil;

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _reports.Count;
            }
        }
    }

    /// <summary>An id that still waits for its receipt is not queued again: its report is answered.</summary>
    /// <exception cref="OutboxFullException">There is no room.</exception>
    internal MachineReport Add(ReportedEvent reported, bool offline)
    {
        lock (_lock)
        {
            if (_reports.TryGetValue(reported.Id.Value, out var known))
            {
                return known;
            }

            var room = reported.Body is OrderEvent.Created ? capacity - (capacity / 4) : capacity;
            if (_reports.Count >= room)
            {
                throw new OutboxFullException($"{_reports.Count} events wait for their receipts, and {reported.Body.Type} finds no room among {capacity}.");
            }

            var report = new MachineReport(reported, ++_lastNumber) { Offline = offline };
            _reports.Add(reported.Id.Value, report);
            _waiting.Enqueue(report, report.Number);
            return report;
        }
    }

    internal bool TryTake(TimeSpan now, [NotNullWhen(true)] out MachineReport? report)
    {
        lock (_lock)
        {
            report = null;
            if (_inFlight >= window || now < _pausedUntil || !_waiting.TryDequeue(out report, out _))
            {
                return false;
            }

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
            if (receipt.Id is null || !_reports.TryGetValue(receipt.Id, out var report))
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

            _reports.Remove(receipt.Id);
            _inFlight -= report.InFlight ? 1 : 0;
            if (!report.InFlight)
            {
                _waiting.Remove(report, out _, out _);
            }

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
            foreach (var report in _reports.Values)
            {
                report.Offline = true;
            }
        }
    }

    internal void Resend(ResendRange range)
    {
        TakeBack(report => report.Event.Boot == range.Boot && report.Event.Seq >= range.From && report.Event.Seq <= range.To);
    }

    /// <summary>Takes back what was sent so long ago that its receipt will not come.</summary>
    /// <returns>When to look again, or null when nothing is under way.</returns>
    internal TimeSpan? Expire(TimeSpan now)
    {
        TakeBack(report => now - report.SentAt >= receiptTimeout);
        lock (_lock)
        {
            TimeSpan? next = _waiting.Count > 0 && now < _pausedUntil ? _pausedUntil : null;
            if (_inFlight == 0)
            {
                return next;
            }

            foreach (var report in _reports.Values)
            {
                if (report.InFlight && (next is null || report.SentAt + receiptTimeout < next))
                {
                    next = report.SentAt + receiptTimeout;
                }
            }

            return next;
        }
    }

    internal IReadOnlyList<MachineReport> Snapshot()
    {
        lock (_lock)
        {
            return [.. _reports.Values];
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

            foreach (var report in _reports.Values)
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
