namespace PaymentMonitor.Machine;

/// <summary>Sets a signal when the earliest of the given times has come: one timer for everything that is due some time.</summary>
internal sealed class Alarm : IDisposable
{
    private static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(1);

    private readonly ITimer _timer;
    private TimeSpan _at = TimeSpan.MaxValue;

    // A timer may ring a moment before its time by the clock that set it, so only its ringing tells that it must be set again.
    private volatile bool _rang;

    internal Alarm(Signal signal, TimeProvider time)
    {
        _timer = time.CreateTimer(
            _ =>
            {
                _rang = true;
                signal.Set();
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>An earlier time that was set before stays.</summary>
    internal void Set(TimeSpan now, TimeSpan due)
    {
        if (!_rang && _at <= due)
        {
            return;
        }

        _rang = false;
        _at = due;
        _timer.Change(due - now > Soonest ? due - now : Soonest, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();
}
