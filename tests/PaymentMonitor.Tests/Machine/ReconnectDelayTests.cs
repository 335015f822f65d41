using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

public sealed class ReconnectDelayTests
{
    private const int Fleet = 2_000;

    private static readonly TimeSpan Stable = TimeSpan.FromHours(1);
    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(5);

    [Fact]
    public void A_lost_connection_is_tried_again_at_once_and_then_ever_more_seldom()
    {
        var longest = new double[6];
        foreach (var delay in Delays())
        {
            longest[0] = Math.Max(longest[0], delay.Next(End(EndReason.Dropped), Stable).TotalSeconds);
            for (var i = 1; i < longest.Length; i++)
            {
                longest[i] = Math.Max(longest[i], delay.Next(End(EndReason.Unreachable), Brief).TotalSeconds);
            }
        }

        Assert.Equal([1, 1, 2, 4, 8, 16], longest.Select(Math.Ceiling));
    }

    [Fact]
    public void A_connection_that_does_not_last_does_not_start_over()
    {
        foreach (var delay in Delays())
        {
            for (var i = 0; i < 8; i++)
            {
                delay.Next(End(EndReason.Dropped), Brief);
            }
        }

        var spread = Delays().Select(delay =>
        {
            for (var i = 0; i < 8; i++)
            {
                delay.Next(End(EndReason.Closed), Brief);
            }

            return delay.Next(End(EndReason.Closed), Brief).TotalSeconds;
        }).ToList();

        Assert.InRange(spread.Max(), 19, 20);
    }

    [Theory]
    [InlineData(nameof(EndReason.GoingAway))]
    [InlineData(nameof(EndReason.Forgotten))]
    public void What_hits_the_whole_fleet_is_answered_by_less_than_a_tenth_of_it_in_any_second(string reason)
    {
        var returns = Delays().Select(delay => delay.Next(End(Enum.Parse<EndReason>(reason)), Stable).TotalSeconds).ToList();

        Assert.InRange(returns.GroupBy(Math.Floor).Max(second => second.Count()), 1, Fleet / 10);
        Assert.InRange(returns.Max(), 10, 20);
    }

    [Fact]
    public void Whoever_was_spread_already_is_not_spread_again()
    {
        foreach (var delay in Delays())
        {
            delay.Next(End(EndReason.GoingAway), Stable);

            Assert.Equal(TimeSpan.Zero, delay.Next(End(EndReason.Forgotten), Brief));
        }
    }

    [Fact]
    public void A_server_that_is_killed_and_comes_back_is_not_stampeded_and_has_the_fleet_back_in_thirty_seconds()
    {
        // The fleet loses a connection that it cannot tell from its own loss, finds nobody for five seconds, and is then told that its
        // connections are forgotten.
        const double DownFor = 5;
        var negotiations = new List<double>();
        foreach (var delay in Delays())
        {
            var at = delay.Next(End(EndReason.Dropped), Stable).TotalSeconds;
            while (at < DownFor)
            {
                at += delay.Next(End(EndReason.Unreachable), Brief).TotalSeconds;
            }

            negotiations.Add(at + delay.Next(End(EndReason.Forgotten), Brief).TotalSeconds);
        }

        Assert.InRange(negotiations.GroupBy(Math.Floor).Max(second => second.Count()), 1, Fleet / 10);
        Assert.True(negotiations.Count(at => at <= DownFor + 30) >= Fleet * 99 / 100);
    }

    [Fact]
    public void A_refused_machine_asks_seldom_and_a_throttled_one_when_it_was_told()
    {
        foreach (var delay in Delays())
        {
            Assert.InRange(delay.Next(End(EndReason.Refused), Brief), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10));
            Assert.InRange(
                delay.Next(new ConnectionEnd(EndReason.Throttled, "", TimeSpan.FromSeconds(7)), Brief),
                TimeSpan.FromSeconds(7),
                TimeSpan.FromSeconds(9));
        }
    }

    private static IEnumerable<ReconnectDelay> Delays()
    {
        var options = new MachineClientOptions
        {
            Endpoint = new Uri("http://127.0.0.1"),
            MachineId = MachineId.Parse("m-1"),
            Secret = "s",
            Journal = null!,
        };
        return Enumerable.Range(0, Fleet).Select(seed => new ReconnectDelay(options, new Random(seed)));
    }

    private static ConnectionEnd End(EndReason reason) => new(reason, "");
}
