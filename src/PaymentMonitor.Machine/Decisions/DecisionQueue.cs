namespace PaymentMonitor.Machine;

/// <summary>Decisions on their way to readers, those of an order in their order. What a reader could not take after all comes back first. Thread-safe.</summary>
internal sealed class DecisionQueue : IDisposable
{
    private readonly Lock _lock = new();
    private readonly LinkedList<OpenDecision> _ready = [];
    private readonly SemaphoreSlim _available = new(0);
    private int _readers;
    private bool _completed;

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _ready.Count;
            }
        }
    }

    /// <summary>True when a reader waits and will take the next decision but <paramref name="ahead"/> others.</summary>
    internal bool HasReaderFor(int ahead)
    {
        lock (_lock)
        {
            return _readers > _ready.Count + ahead;
        }
    }

    internal void Add(OpenDecision open)
    {
        lock (_lock)
        {
            _ready.AddLast(open);
        }

        _available.Release();
    }

    internal void Return(OpenDecision open)
    {
        lock (_lock)
        {
            _ready.AddFirst(open);
        }

        _available.Release();
    }

    /// <returns>Null when there will be no more.</returns>
    internal async ValueTask<OpenDecision?> TakeAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _readers++;
        }

        try
        {
            await _available.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _readers--;
            }
        }

        lock (_lock)
        {
            if (_ready.First is not { } first || _completed)
            {
                // For the other readers.
                _available.Release();
                return null;
            }

            _ready.RemoveFirst();
            return first.Value;
        }
    }

    /// <summary>Ends the reading. What is still here is in the journal, for the next client.</summary>
    internal void Complete()
    {
        lock (_lock)
        {
            _completed = true;
        }

        _available.Release();
    }

    public void Dispose() => _available.Dispose();
}
