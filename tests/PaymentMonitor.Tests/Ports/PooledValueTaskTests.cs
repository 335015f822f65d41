using System.Runtime.CompilerServices;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Tests.Ports;

public sealed class PooledValueTaskTests
{
    private static readonly AsyncLocal<string?> Context = new();

    [Fact]
    public async Task A_method_that_never_waits_has_its_result_at_once()
    {
        var task = AddAsync(1, Task.FromResult(2));

        Assert.True(task.IsCompletedSuccessfully);
        Assert.Equal(3, await task);
    }

    [Fact]
    public async Task Thousands_that_wait_at_once_each_get_their_own_result()
    {
        const int Calls = 10_000;
        var gates = Enumerable.Range(0, Calls).Select(_ => new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        for (var round = 0; round < 3; round++)
        {
            var calls = gates.Select((gate, i) => AddAsync(i, gate.Task)).ToArray();
            Parallel.For(0, Calls, i => gates[i].SetResult(1_000_000));

            for (var i = 0; i < Calls; i++)
            {
                Assert.Equal(1_000_000 + i, await calls[i]);
            }

            gates = [.. gates.Select(_ => new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously))];
        }
    }

    [Fact]
    public async Task A_failure_before_and_after_the_first_wait_reaches_who_awaits()
    {
        var gate = new TaskCompletionSource<int>();

        var before = Assert.ThrowsAsync<InvalidOperationException>(async () => await AddAsync(-1, gate.Task));
        var after = Assert.ThrowsAsync<TimeoutException>(async () => await AddAsync(1, gate.Task));
        gate.SetException(new TimeoutException());

        await before;
        await after;
    }

    [Fact]
    public async Task Awaiting_a_second_time_is_refused_and_harms_no_later_call()
    {
        var first = new TaskCompletionSource<int>();
        var call = AddAsync(1, first.Task);
        first.SetResult(1);
        await call;

        var second = new TaskCompletionSource<int>();
        var later = AddAsync(2, second.Task);
        Assert.Throws<InvalidOperationException>(() => call.GetAwaiter().GetResult());
        second.SetResult(2);

        Assert.Equal(4, await later);
    }

    [Fact]
    public async Task The_context_of_the_caller_is_there_after_a_wait_and_what_the_method_sets_stays_inside()
    {
        var gate = new TaskCompletionSource<int>();
        Context.Value = "caller";
        var call = SeeAsync(gate.Task);
        Assert.Equal("caller", Context.Value);
        Context.Value = "other";
        var other = new Thread(() => gate.SetResult(0));
        other.UnsafeStart();
        other.Join();

        Assert.Equal(("caller", "inside"), await call);
    }

    [Fact]
    public void A_pool_gives_again_what_it_was_given_and_keeps_no_more_than_it_may()
    {
        var made = 0;
        var pool = new BoundedPool<object>(
            () =>
            {
                made++;
                return new object();
            },
            capacity: 2);
        object[] used = [pool.Rent(), pool.Rent(), pool.Rent()];
        foreach (var item in used)
        {
            pool.Return(item);
        }

        Assert.Same(used[1], pool.Rent());
        Assert.Same(used[0], pool.Rent());
        Assert.NotSame(used[2], pool.Rent());
        Assert.Equal(4, made);
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private static async ValueTask<int> AddAsync(int number, Task<int> other)
    {
        if (number < 0)
        {
            throw new InvalidOperationException("negative");
        }

        return number + await other;
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private static async ValueTask<(string?, string?)> SeeAsync(Task<int> gate)
    {
        var found = Context.Value;
        Context.Value = "inside";
        await gate;
        return (found, Context.Value);
    }
}
