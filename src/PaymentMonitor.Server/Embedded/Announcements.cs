namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// Tells of transactions in their order, on a thread of its own: the loop goes on with the next one meanwhile, and telling of a
/// transaction costs one wake-up however much it holds, or none where the loop is idle. Bounded: a loop that is too far ahead waits.
/// </summary>
internal sealed partial class Announcements(Action<Announcement> tell, ILogger logger)
{
    private const int WaitingMax = 64;

    // An object, not a Lock: both sides wait on it.
    private readonly object _gate = new();
    private readonly Queue<Announcement> _waiting = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isTelling;
    private bool _isClosed;

    /// <summary>Everything was told, and nothing more comes.</summary>
    internal Task Ended => _ended.Task;

    internal void Start() => new Thread(Run) { IsBackground = true, Name = "announcements" }.Start();

    /// <param name="loopIsIdle">The calling loop tells of it at once, unless there is something to be told before.</param>
    internal void Add(Announcement announcement, bool loopIsIdle)
    {
        lock (_gate)
        {
            if (!loopIsIdle || _isTelling || _waiting.Count > 0)
            {
                while (_waiting.Count >= WaitingMax)
                {
                    Monitor.Wait(_gate);
                }

                _waiting.Enqueue(announcement);
                Monitor.PulseAll(_gate);
                return;
            }
        }

        Tell(announcement);
    }

    internal void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Run()
    {
        while (Take() is { } announcement)
        {
            Tell(announcement);
        }

        _ended.SetResult();
    }

    private void Tell(Announcement announcement)
    {
        try
        {
            tell(announcement);
        }
#pragma warning disable CA1031 // What follows must be told all the same.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.Failed(logger, e);
        }
    }

    private Announcement? Take()
    {
        lock (_gate)
        {
            _isTelling = false;
            while (_waiting.Count == 0)
            {
                if (_isClosed)
                {
                    return null;
                }

                Monitor.Wait(_gate);
            }

            if (_waiting.Count == WaitingMax)
            {
                Monitor.PulseAll(_gate);
            }

            _isTelling = true;
            return _waiting.Dequeue();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3007, Level = LogLevel.Error, Message = "A committed transaction could not be told to everyone; the machines' next syncs make up for it")]
        internal static partial void Failed(ILogger logger, Exception exception);
    }
}

/// <summary>What one transaction came to: durable, or given up.</summary>
/// <param name="changes">Of the orders, as they are on the disk; empty when it was given up.</param>
internal sealed class Announcement(List<LoopItem> items, IReadOnlyList<OrderChange> changes)
{
    internal IReadOnlyList<OrderChange> Changes => changes;

    /// <summary>Tells everyone who waits for this transaction. What they do next runs on this thread, so they must not block it.</summary>
    internal void Answer()
    {
        foreach (var item in items)
        {
            item.Answer();
        }
    }
}
