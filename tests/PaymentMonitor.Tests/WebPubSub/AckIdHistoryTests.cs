using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Tests.WebPubSub;

public sealed class AckIdHistoryTests
{
    [Fact]
    public void It_agrees_with_a_set_whatever_the_order_of_adding_and_removing()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var history = default(AckIdHistory);
            var model = new HashSet<ulong>();
            for (var step = 0; step < 300; step++)
            {
                var id = (ulong)random.Next(40);
                if (random.Next(4) == 0)
                {
                    history.Remove(id);
                    model.Remove(id);
                }
                else
                {
                    Assert.True(model.Add(id) == history.TryAdd(id), $"Seed {seed}, step {step}, id {id}.");
                }
            }
        }
    }

    [Fact]
    public void The_largest_id_is_an_id_like_any_other()
    {
        var history = default(AckIdHistory);

        Assert.True(history.TryAdd(ulong.MaxValue));
        Assert.True(history.TryAdd(0));
        Assert.False(history.TryAdd(ulong.MaxValue));
        Assert.False(history.TryAdd(0));
    }

    [Fact]
    public void Past_its_limit_it_forgets_the_lowest_range_only()
    {
        var history = default(AckIdHistory);
        for (var i = 0UL; i <= AckIdHistory.MaxRanges + 1; i++)
        {
            Assert.True(history.TryAdd(10 * i));
        }

        Assert.False(history.TryAdd(10));
        Assert.True(history.TryAdd(0));
    }
}
