namespace PaymentMonitor.Functions.Tests;

/// <summary>Counts what arrives, for tests that wait for it.</summary>
internal sealed class Arrivals
{
    private readonly Lock _gate = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];
    private int _count;

    internal void Note()
    {
        lock (_gate)
        {
            _count++;
            _waiting.FindAll(waiting => waiting.Count <= _count).ForEach(waiting => waiting.Reached.TrySetResult());
        }
    }

    internal Task ReachedAsync(int count)
    {
        lock (_gate)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((count, reached));
            return _count >= count ? Task.CompletedTask : reached.Task;
        }
    }
}
