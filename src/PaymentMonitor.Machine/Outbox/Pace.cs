namespace PaymentMonitor.Machine;

/// <summary>A token bucket: a sustained rate, and how much may go at once after a pause. Not thread-safe; times are the client's uptime.</summary>
internal sealed class Pace(double perSecond, int burst)
{
    private double _tokens = burst;
    private TimeSpan _at;

    internal bool TryTake(TimeSpan now)
    {
        Fill(now);
        if (_tokens < 1)
        {
            return false;
        }

        _tokens--;
        return true;
    }

    /// <summary>When there is a token again: now, where there is one.</summary>
    internal TimeSpan Next(TimeSpan now)
    {
        Fill(now);
        return _tokens >= 1 ? now : now + TimeSpan.FromSeconds((1 - _tokens) / perSecond);
    }

    private void Fill(TimeSpan now)
    {
        _tokens = Math.Min(burst, _tokens + (Math.Max((now - _at).TotalSeconds, 0) * perSecond));
        _at = now;
    }
}
