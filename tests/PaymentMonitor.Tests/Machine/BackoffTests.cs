using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

public sealed class BackoffTests
{
    [Fact]
    public void Delays_fill_the_whole_range_up_to_a_ceiling_that_doubles()
    {
        var backoff = new Backoff { Base = TimeSpan.FromSeconds(1), Max = TimeSpan.FromSeconds(30) };
        var random = new Random(1);

        foreach (var (attempt, ceiling) in new[] { (0, 1.0), (1, 2.0), (4, 16.0), (5, 30.0), (1_000, 30.0) })
        {
            var delays = Enumerable.Range(0, 10_000).Select(_ => backoff.Next(attempt, random).TotalSeconds).ToList();

            Assert.InRange(delays.Min(), 0, 0.01 * ceiling);
            Assert.InRange(delays.Max(), 0.99 * ceiling, ceiling);
            Assert.InRange(delays.Average(), 0.48 * ceiling, 0.52 * ceiling);
        }
    }
}
