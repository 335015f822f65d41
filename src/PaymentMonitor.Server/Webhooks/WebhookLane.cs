using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>
/// The deliveries of one endpoint: a bounded number at the same time, each of another order, independent of every other endpoint.
/// What is due is kept in memory up to a bound; beyond it, and after a start, it is found in the store.
/// </summary>
internal sealed class WebhookLane : IDisposable
{
    private const int ReadyMax = 4_096;

    private readonly string _endpointId;
    private readonly EmbeddedWebhookCursors _cursors;
    private readonly Func<CursorKey, Task> _work;
    private readonly int _concurrency;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Queue<CursorKey> _ready = [];
    private readonly HashSet<CursorKey> _taken = [];
    private readonly HashSet<CursorKey> _dueAgain = [];
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _timerAt = DateTimeOffset.MaxValue;
    private bool _storeHasMore = true;
    private bool _stopping;
    private int _running;

    /// <param name="work">Does the work of a cursor. It throws nothing.</param>
    internal WebhookLane(string endpointId, EmbeddedWebhookCursors cursors, Func<CursorKey, Task> work, int concurrency, TimeProvider time)
    {
        _endpointId = endpointId;
        _cursors = cursors;
        _work = work;
        _concurrency = concurrency;
        _time = time;
        _timer = time.CreateTimer(_ => LookIntoStore(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A cursor of this endpoint has something to do at that time.</summary>
    internal void Note(CursorKey key, DateTimeOffset dueAt)
    {
        lock (_gate)
        {
            if (dueAt > _time.GetUtcNow())
            {
                SetTimer_NeedsLock(dueAt);
                return;
            }

            if (_taken.Contains(key))
            {
                _dueAgain.Add(key);
            }
            else
            {
                Take_NeedsLock(key);
            }

            Pump_NeedsLock();
        }
    }

    /// <summary>Looks for what is due in the store: after a start, and when the next retry's time has come.</summary>
    internal void LookIntoStore()
    {
        lock (_gate)
        {
            _timerAt = DateTimeOffset.MaxValue;
            _storeHasMore = true;
            Pump_NeedsLock();
        }
    }

    /// <summary>Begins nothing more. Completes when nothing is on its way.</summary>
    internal Task StopAsync()
    {
        lock (_gate)
        {
            _stopping = true;
            if (_running == 0)
            {
                _idle.TrySetResult();
            }

            return _idle.Task;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Pump_NeedsLock()
    {
        while (!_stopping && _running < _concurrency)
        {
            if (_ready.Count == 0 && _storeHasMore)
            {
                Refill_NeedsLock();
            }

            if (!_ready.TryDequeue(out var key))
            {
                return;
            }

            _running++;
            _ = Task.Run(() => RunAsync(key));
        }
    }

    private async Task RunAsync(CursorKey key)
    {
        await _work(key);
        lock (_gate)
        {
            _running--;
            _taken.Remove(key);
            if (_dueAgain.Remove(key))
            {
                Take_NeedsLock(key);
            }

            Pump_NeedsLock();
            if (_stopping && _running == 0)
            {
                _idle.TrySetResult();
            }
        }
    }

    private void Take_NeedsLock(CursorKey key)
    {
        if (_ready.Count < ReadyMax)
        {
            _taken.Add(key);
            _ready.Enqueue(key);
        }
        else
        {
            _storeHasMore = true;
        }
    }

    private void Refill_NeedsLock()
    {
        // Those on their way are still due in the store, so there must be room for more than them.
        var limit = _taken.Count + ReadyMax;
        var (keys, next) = _cursors.FindDue(_endpointId, limit);
        _storeHasMore = keys.Count == limit;
        foreach (var key in keys)
        {
            if (!_taken.Contains(key))
            {
                Take_NeedsLock(key);
            }
            else
            {
                // Its retry may be due before the attempt in front of it has come back here.
                _dueAgain.Add(key);
            }
        }

        if (next is { } dueAt)
        {
            SetTimer_NeedsLock(dueAt);
        }
    }

    private void SetTimer_NeedsLock(DateTimeOffset dueAt)
    {
        if (dueAt < _timerAt && !_stopping)
        {
            _timerAt = dueAt;
            var wait = dueAt - _time.GetUtcNow();
            _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
