using System.Threading.Tasks.Sources;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>One thing for the loop to do inside a transaction, and whom to tell when that is durable or has failed.</summary>
/// <remarks>All but <see cref="Answer"/> runs on the loop's thread.</remarks>
internal abstract class LoopItem
{
    /// <summary>Stamped by the queue.</summary>
    internal long ReceivedAtMs { get; set; }

    internal abstract void Apply(UnitOfWork work);

    /// <summary>What <see cref="Apply"/> asked for is on the disk.</summary>
    internal virtual void Committed()
    {
    }

    /// <summary>Nothing of it was kept.</summary>
    internal abstract void Failed(Exception reason);

    /// <summary>Tells whoever waits, behind <see cref="Committed"/> or <see cref="Failed"/>.</summary>
    internal virtual void Answer()
    {
    }
}

/// <summary>
/// A reported event. Awaited once, then it goes back to the pool. Its reporter goes on within <see cref="Answer"/>: the receipts of
/// one transaction are written one after the other, without a thread being woken for each.
/// </summary>
internal sealed class AppendItem : LoopItem, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _done;
    private BoundedPool<AppendItem>? _pool;
    private Report? _report;
    private Exception? _failure;

    /// <summary>Set when the event made the loop itself fail: it is logged and set aside without being applied.</summary>
    internal bool IsPoison { get; set; }

    internal ValueTask Task => new(this, _done.Version);

    internal void Prepare(BoundedPool<AppendItem> pool, Report report)
    {
        _pool = pool;
        _report = report;
        _failure = null;
        IsPoison = false;
    }

    internal override void Apply(UnitOfWork work)
    {
        if (IsPoison)
        {
            work.SetAsidePoison(_report!, ReceivedAtMs);
        }
        else
        {
            work.Apply(_report!, ReceivedAtMs);
        }
    }

    internal override void Failed(Exception reason) => _failure = reason;

    internal override void Answer()
    {
        if (_failure is null)
        {
            _done.SetResult(true);
        }
        else
        {
            _done.SetException(_failure);
        }
    }

    void IValueTaskSource.GetResult(short token)
    {
        try
        {
            _done.GetResult(token);
        }
        finally
        {
            _done.Reset();
            _report = null;
            _pool!.Return(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);
}

/// <summary>Wakes the orders that are due, a bounded number at a time; what is left has the timer set again at once.</summary>
internal sealed class SweepItem(Wakes wakes, Action started) : LoopItem
{
    private const int OrdersMax = 256;

    private List<OrderKey> _taken = [];

    internal override void Apply(UnitOfWork work)
    {
        started();
        PutBack(ReceivedAtMs);
        _taken = wakes.Take(ReceivedAtMs, OrdersMax);
        foreach (var key in _taken)
        {
            work.Wake(key, ReceivedAtMs);
        }
    }

    internal override void Committed() => _taken = [];

    // The disk may be full: try again, but not at once.
    internal override void Failed(Exception reason) => PutBack(ReceivedAtMs + 1_000);

    // What is still there is from an attempt that was rolled back.
    private void PutBack(long dueMs)
    {
        foreach (var key in _taken)
        {
            wakes.Set(key, dueMs);
        }

        _taken = [];
    }
}

/// <summary>Anything else that writes: confirmations, machines, positions.</summary>
internal sealed class WriteItem<T>(Func<UnitOfWork, T> write) : LoopItem
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;
    private Exception? _failure;

    internal Task<T> Task => _done.Task;

    internal override void Apply(UnitOfWork work) => _result = write(work);

    internal override void Failed(Exception reason) => _failure = reason;

    internal override void Answer()
    {
        if (_failure is null)
        {
            _done.SetResult(_result!);
        }
        else
        {
            _done.SetException(_failure);
        }
    }
}
