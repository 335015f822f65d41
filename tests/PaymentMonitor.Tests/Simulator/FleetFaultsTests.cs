using PaymentMonitor.Contracts;
using PaymentMonitor.Simulator;

namespace PaymentMonitor.Tests.Simulator;

public sealed class FleetFaultsTests
{
    [Fact]
    public void Single_faults_are_named_with_their_rates()
    {
        Assert.True(FleetFaults.TryParse("drop=2, half-open=0.5,delay=0.1,duplicate=0.2,reorder=0.3,restart=1,skew=60", out var faults));

        Assert.Equal((2, 0.5, 0.1), (faults.Network.DropsPerMinute, faults.Network.HalfOpensPerMinute, faults.Network.DelayedShare));
        Assert.Equal((0.2, 0.3, 1, TimeSpan.FromMinutes(1)), (faults.RepeatedShare, faults.HeldBackShare, faults.RestartsPerMinute, faults.LargestClockSkew));
    }

    [Theory]
    [InlineData("light")]
    [InlineData("heavy")]
    public void The_two_mixes_have_every_kind_of_fault(string name)
    {
        Assert.True(FleetFaults.TryParse(name, out var faults));

        Assert.True(faults.Network is { DropsPerMinute: > 0, HalfOpensPerMinute: > 0, DelayedShare: > 0 });
        Assert.True(faults is { RepeatedShare: > 0, HeldBackShare: > 0, RestartsPerMinute: > 0 } && faults.LargestClockSkew > TimeSpan.Zero);
    }

    [Theory]
    [InlineData("")]
    [InlineData("medium")]
    [InlineData("drop")]
    [InlineData("drop=often")]
    [InlineData("drop=-1")]
    [InlineData("drop=61")]
    [InlineData("delay=1.5")]
    [InlineData("skew=99999999999999")]
    [InlineData("heavy,drop=1")]
    public void Anything_else_is_refused(string text)
    {
        Assert.False(FleetFaults.TryParse(text, out _));
    }

    [Fact]
    public void Faults_of_the_network_need_plain_http()
    {
        var refused = Assert.Throws<ArgumentException>(() => new Fleet(new FleetOptions
        {
            Endpoint = new Uri("https://pay.example.com"),
            ApiKey = "any",
            Secret = (MachineId _) => "any",
            Faults = FleetFaults.Heavy,
        }));

        Assert.Contains("https", refused.Message, StringComparison.Ordinal);
    }
}
