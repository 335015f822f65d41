using System.Threading.Tasks.Sources;

namespace PaymentMonitor.Machine;

/// <summary>
/// Wakes one waiter; being set several times before it looks is being set once. It is waited for after each event of each machine,
/// so waiting allocates nothing.
/// </summary>
internal sealed class Signal : IValueTaskSource
{
    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private bool _isSet;
    private bool _isAwaited;

    internal void Set()
    {
        lock (_lock)
        {
            _isSet = !_isAwaited;
            if (_isSet)
            {
                return;
            }

            _isAwaited = false;
        }

        _source.SetResult(true);
    }

    /// <summary>One waiter at a time, which must wait until the signal is set: who wants to stop waiting sets it.</summary>
    internal ValueTask WaitAsync()
    {
        lock (_lock)
        {
            if (_isSet)
            {
                _isSet = false;
                return ValueTask.CompletedTask;
            }

            _source.Reset();
            _isAwaited = true;
            return new ValueTask(this, _source.Version);
        }
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
