using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

public sealed class SignalTests
{
    private readonly Signal _signal = new();

    [Fact]
    public async Task A_signal_that_was_set_several_times_lets_the_waiter_through_once()
    {
        _signal.Set();
        _signal.Set();

        Assert.True(_signal.WaitAsync().AsTask().IsCompletedSuccessfully);
        var second = _signal.WaitAsync().AsTask();
        Assert.False(second.IsCompleted);
        _signal.Set();
        await second.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task No_signal_is_lost_between_many_setters_and_one_waiter()
    {
        const int Setters = 4;
        const int Each = 10_000;
        var set = 0;
        var setters = Enumerable.Range(0, Setters).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                Interlocked.Increment(ref set);
                _signal.Set();
            }
        })).ToArray();

        // Each wait ends with a look at the count, so the last signal leads to the last count.
        var seen = 0;
        while (seen < Setters * Each)
        {
            await _signal.WaitAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            seen = Volatile.Read(ref set);
        }

        await Task.WhenAll(setters);
    }
}
