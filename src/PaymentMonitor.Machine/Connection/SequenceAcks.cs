namespace PaymentMonitor.Machine;

/// <summary>
/// When to acknowledge what has arrived on a reliable connection: a second after the first message, or at once when many wait. The
/// service keeps at most a thousand. Thread-safe: one loop receives, another one sends.
/// </summary>
internal sealed class SequenceAcks
{
    private const int Many = 100;
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private ulong _received;
    private ulong _acknowledged;
    private TimeSpan? _since;

    /// <summary>A socket opened: what was acknowledged on the one before may not have arrived.</summary>
    internal void Opened(ulong lastSequenceId, TimeSpan now)
    {
        lock (_lock)
        {
            _received = lastSequenceId;
            _acknowledged = 0;
            _since = lastSequenceId > 0 ? now - Delay : null;
        }
    }

    /// <returns>True: it is time to acknowledge, or to set the alarm for it.</returns>
    internal bool Received(ulong sequenceId, TimeSpan now)
    {
        lock (_lock)
        {
            if (sequenceId == 0)
            {
                return false;
            }

            // What comes again after a recovery is acknowledged again: the service has not heard of it.
            _received = Math.Max(_received, sequenceId);
            var isFirst = _since is null;
            _since ??= now;
            return isFirst || _received - _acknowledged == Many;
        }
    }

    internal TimeSpan? NextDue(TimeSpan now)
    {
        lock (_lock)
        {
            return _since is not { } since ? null : _received - _acknowledged >= Many ? now : since + Delay;
        }
    }

    /// <returns>The id to acknowledge now, or 0 for none.</returns>
    internal ulong Take(TimeSpan now)
    {
        lock (_lock)
        {
            if (_since is not { } since || (now < since + Delay && _received - _acknowledged < Many))
            {
                return 0;
            }

            _since = null;
            _acknowledged = _received;
            return _received;
        }
    }
}
