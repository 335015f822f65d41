namespace PaymentMonitor.Machine;

/// <summary>
/// When to sync: on every connect, when asked for, soon after there is something to confirm, and at the latest each interval; one
/// at a time, unless its answer stays away. Thread-safe; times are the client's uptime.
/// </summary>
internal sealed class SyncSchedule(TimeSpan interval, TimeSpan confirmDelay)
{
    /// <summary>An answer that takes longer is no longer waited for.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private TimeSpan? _sentAt;
    private TimeSpan? _newsSince;
    private bool _requested;
    private bool _awaited;

    internal void Connected()
    {
        lock (_lock)
        {
            _requested = true;
            _awaited = false;
        }
    }

    internal void Request()
    {
        lock (_lock)
        {
            _requested = true;
        }
    }

    internal void Sent(TimeSpan now)
    {
        lock (_lock)
        {
            _sentAt = now;
            _newsSince = null;
            _requested = false;
            _awaited = true;
        }
    }

    internal void Answered()
    {
        lock (_lock)
        {
            _awaited = false;
        }
    }

    internal bool IsDue(TimeSpan now, bool hasNews) => NextDue(now, hasNews) <= now;

    /// <param name="hasNews">There is something to confirm that no sync on its way confirms.</param>
    internal TimeSpan NextDue(TimeSpan now, bool hasNews)
    {
        lock (_lock)
        {
            _newsSince = hasNews ? _newsSince ?? now : null;
            var due = _sentAt + interval ?? now;
            due = _requested && now < due ? now : due;
            due = _newsSince + confirmDelay is { } confirm && confirm < due ? confirm : due;
            return _awaited && _sentAt + AnswerTimeout is { } patience && patience > due ? patience : due;
        }
    }
}
