namespace PaymentMonitor.Functions.Tests;

/// <summary>
/// Counts the calls that leave a process, and lets the process die at one of them: before the call is made, or after it was done and
/// before anybody hears of it. A dead process does nothing any more: its calls never return, so no handler of errors runs either.
/// </summary>
internal sealed class ExternalCalls(CrashPoint? crash)
{
    private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _made = -1;

    internal int Made => _made + 1;

    internal Task Died => _died.Task;

    internal async Task<T> AroundAsync<T>(Func<Task<T>> call)
    {
        var point = new CrashPoint(Interlocked.Increment(ref _made), After: false);
        await DieAtAsync(point);
        var answer = await call();
        await DieAtAsync(point with { After = true });
        return answer;
    }

    internal Task AroundAsync(Func<Task> call)
    {
        return AroundAsync(async () =>
        {
            await call();
            return true;
        });
    }

    private Task DieAtAsync(CrashPoint point)
    {
        if (point == crash)
        {
            _died.TrySetResult();
        }

        return _died.Task.IsCompleted ? new TaskCompletionSource().Task : Task.CompletedTask;
    }
}

/// <param name="Call">Counted from 0.</param>
/// <param name="After">Whether the call is done.</param>
internal readonly record struct CrashPoint(int Call, bool After);
