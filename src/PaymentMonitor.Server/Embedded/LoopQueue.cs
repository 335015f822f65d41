namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// What waits for the loop, bounded, in the order of arrival. Arrival is stamped here, under the lock that gives the order, so that
/// a later place in the queue never carries an earlier time. The loop takes everything at once.
/// </summary>
internal sealed class LoopQueue(TimeProvider time, int capacity, long newestMs)
{
    // An object, not a Lock: the loop waits on it.
    private readonly object _gate = new();
    private List<LoopItem> _waiting = [];
    private long _newestMs = newestMs;
    private bool _loopWaits;
    private bool _closed;

    internal int Count => _waiting.Count;

    /// <summary>How long the first of them has waited.</summary>
    internal TimeSpan Age()
    {
        lock (_gate)
        {
            return _waiting.Count == 0
                ? TimeSpan.Zero
                : TimeSpan.FromMilliseconds(Math.Max(0, time.GetUtcNow().ToUnixTimeMilliseconds() - _waiting[0].ReceivedAtMs));
        }
    }

    /// <returns>False when the queue is full or closed.</returns>
    internal bool TryEnqueue(LoopItem item)
    {
        lock (_gate)
        {
            return _waiting.Count < capacity && Add_NeedsLock(item);
        }
    }

    /// <summary>For the loop's own few items, which must not be lost behind a flood.</summary>
    internal bool EnqueueAlways(LoopItem item)
    {
        lock (_gate)
        {
            return Add_NeedsLock(item);
        }
    }

    /// <summary>Waits for items and takes them all.</summary>
    /// <returns>The items, or null when the queue is closed and empty.</returns>
    internal List<LoopItem>? TakeAll()
    {
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_closed)
                {
                    return null;
                }

                _loopWaits = true;
                Monitor.Wait(_gate);
                _loopWaits = false;
            }

            (var taken, _waiting) = (_waiting, []);
            return taken;
        }
    }

    /// <summary>Nothing more is taken in; what waits is still worked off.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _closed = true;
            WakeLoop_NeedsLock();
        }
    }

    private bool Add_NeedsLock(LoopItem item)
    {
        if (_closed)
        {
            return false;
        }

        _newestMs = Math.Max(_newestMs, time.GetUtcNow().ToUnixTimeMilliseconds());
        item.ReceivedAtMs = _newestMs;
        _waiting.Add(item);
        WakeLoop_NeedsLock();
        return true;
    }

    private void WakeLoop_NeedsLock()
    {
        if (_loopWaits)
        {
            Monitor.Pulse(_gate);
        }
    }
}
