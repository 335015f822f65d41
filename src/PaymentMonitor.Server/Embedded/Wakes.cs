using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// When which order wants to be woken, in memory over the orders' <c>dueAt</c>. The timer decides nothing: it asks for a sweep that
/// queues behind everything received earlier. Belongs to the loop's thread, but for the timer's callback.
/// </summary>
internal sealed class Wakes : IDisposable
{
    private readonly DueQueue _due = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _armedFor = long.MaxValue;

    internal Wakes(TimeProvider time, Action onDue)
    {
        _time = time;
        _timer = time.CreateTimer(_ => onDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal int Count => _due.Count;

    /// <summary>Rounded up, so that a wake is never early.</summary>
    internal static long ToMs(DateTimeOffset due)
    {
        var ms = due.ToUnixTimeMilliseconds();
        return DateTimeOffset.FromUnixTimeMilliseconds(ms) < due ? ms + 1 : ms;
    }

    /// <inheritdoc cref="DueQueue.Set"/>
    internal void Set(OrderKey key, long? dueMs) => _due.Set(key, dueMs);

    /// <inheritdoc cref="DueQueue.Take"/>
    internal List<OrderKey> Take(long nowMs, int max) => _due.Take(nowMs, max);

    /// <summary>Sets the timer for the earliest wake. Call it after changes.</summary>
    internal void Arm()
    {
        var next = _due.Next() ?? long.MaxValue;
        if (next == _armedFor)
        {
            return;
        }

        _armedFor = next;
        Schedule(next);
    }

    /// <summary>The timer fired; the next <see cref="Arm"/> sets it again.</summary>
    internal void Disarm() => _armedFor = long.MaxValue;

    public void Dispose() => _timer.Dispose();

    private void Schedule(long dueMs)
    {
        // The longest wait that timers take is 49 days; waking once a day for nothing costs nothing.
        var wait = dueMs == long.MaxValue
            ? Timeout.InfiniteTimeSpan
            : TimeSpan.FromMilliseconds(Math.Clamp(dueMs - _time.GetUtcNow().ToUnixTimeMilliseconds(), 1, 86_400_000));
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
