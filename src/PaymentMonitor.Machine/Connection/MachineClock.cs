namespace PaymentMonitor.Machine;

/// <summary>
/// Two clocks that no change of the system's clock can move while the client lives, because both run on the monotonic counter: the
/// machine's own, for the times in its reports, and the back end's, learnt from what it answers, for the end of permissions.
/// Thread-safe.
/// </summary>
internal sealed class MachineClock(TimeProvider time)
{
    /// <summary>How far two good clocks drift apart: 100 microseconds a second.</summary>
    private const double Drift = 100e-6;

    private readonly Lock _lock = new();
    private readonly DateTimeOffset _wall = time.GetUtcNow();
    private readonly long _started = time.GetTimestamp();
    private Sample? _best;
    private string? _probe;
    private TimeSpan _probeSentAt;

    /// <summary>Since this clock was made.</summary>
    internal TimeSpan Uptime => time.GetElapsedTime(_started);

    /// <summary>The machine's clock: <c>time</c> and <c>sentAt</c> of all reports are by it, so that its error cancels out.</summary>
    internal DateTimeOffset Now => _wall + Uptime;

    /// <summary>The back end's clock as far as it is known; before it is, the machine's.</summary>
    internal DateTimeOffset ServerNow
    {
        get
        {
            var uptime = Uptime;
            lock (_lock)
            {
                return _best is { } best ? best.ServerTime + (uptime - best.At) : _wall + uptime;
            }
        }
    }

    /// <summary>The back end's clock minus the machine's.</summary>
    internal TimeSpan Offset => ServerNow - Now;

    /// <summary>Something is being asked whose answer will tell the time. One question at a time is enough.</summary>
    internal void Asked(string question)
    {
        lock (_lock)
        {
            if (_probe is null)
            {
                (_probe, _probeSentAt) = (question, Uptime);
            }
        }
    }

    internal void Answered(string? question, DateTimeOffset? serverTime)
    {
        lock (_lock)
        {
            if (question is null || question != _probe)
            {
                return;
            }

            _probe = null;
            if (serverTime is { } told)
            {
                Learn_NeedsLock(told, _probeSentAt, Uptime);
            }
        }
    }

    /// <summary>The connection is lost, and the answer with it.</summary>
    internal void Forget()
    {
        lock (_lock)
        {
            _probe = null;
        }
    }

    /// <param name="askedAt">Uptime of the question.</param>
    /// <param name="answeredAt">Uptime of the answer: the back end read its clock somewhere in between.</param>
    internal void Learn(DateTimeOffset serverTime, TimeSpan askedAt, TimeSpan answeredAt)
    {
        lock (_lock)
        {
            Learn_NeedsLock(serverTime, askedAt, answeredAt);
        }
    }

    private void Learn_NeedsLock(DateTimeOffset serverTime, TimeSpan askedAt, TimeSpan answeredAt)
    {
        var error = (answeredAt - askedAt) / 2;
        var at = askedAt + error;
        if (_best is not { } best)
        {
            _best = new Sample(serverTime, at, error);
            return;
        }

        // The known time is worth less the older it is. One that contradicts it is believed: then a clock was set, or a device slept.
        var age = at - best.At;
        var known = best.Error + (age * Drift);
        var difference = (serverTime - (best.ServerTime + age)).Duration();
        if (error <= known || difference > known + error)
        {
            _best = new Sample(serverTime, at, error);
        }
    }

    private readonly record struct Sample(DateTimeOffset ServerTime, TimeSpan At, TimeSpan Error);
}
