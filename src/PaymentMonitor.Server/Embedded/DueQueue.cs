using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>When which order is due for something, the earliest first. Each has one time; a new one takes the place of the old. Not thread-safe.</summary>
internal sealed class DueQueue
{
    // What orders changed their mind about, or no longer want, stays in the queue until its time or until it is most of it.
    private const int StaleMax = 1_024;

    private readonly Dictionary<OrderKey, long> _due = [];
    private readonly PriorityQueue<OrderKey, long> _queue = new();

    internal int Count => _due.Count;

    /// <param name="dueMs">In Unix milliseconds; null: no longer.</param>
    internal void Set(OrderKey key, long? dueMs)
    {
        if (dueMs is not { } due)
        {
            _due.Remove(key);
            return;
        }

        if (_due.TryGetValue(key, out var known) && known == due)
        {
            return;
        }

        _due[key] = due;
        _queue.Enqueue(key, due);
        if (_queue.Count > (2 * _due.Count) + StaleMax)
        {
            _queue.Clear();
            _queue.EnqueueRange(_due.Select(pair => (pair.Key, pair.Value)));
        }
    }

    /// <summary>Takes out what is due, at most <paramref name="max"/> orders.</summary>
    internal List<OrderKey> Take(long nowMs, int max)
    {
        var taken = new List<OrderKey>();
        while (taken.Count < max && Next() is { } due && due <= nowMs)
        {
            var key = _queue.Dequeue();
            _due.Remove(key);
            taken.Add(key);
        }

        return taken;
    }

    /// <summary>The earliest time, or null where nothing is due.</summary>
    internal long? Next()
    {
        while (_queue.TryPeek(out var key, out var due))
        {
            if (_due.TryGetValue(key, out var wanted) && wanted == due)
            {
                return due;
            }

            _queue.Dequeue();
        }

        return null;
    }
}
