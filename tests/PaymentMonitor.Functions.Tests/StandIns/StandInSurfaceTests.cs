namespace PaymentMonitor.Functions.Tests;

/// <summary>The comparison itself. What it is for needs packages that not every feed has: <c>RealSurfaceTests</c>, in the configuration Azure.</summary>
public sealed class StandInSurfaceTests
{
    [Fact]
    public void A_stand_in_is_like_itself()
    {
        var standIns = StandInSurface.TypesIn(typeof(StandInSurfaceTests).Assembly);

        Assert.True(standIns.Count >= 8, string.Join(", ", standIns));
        Assert.All(standIns, type => Assert.Empty(StandInSurface.Differences(type, type)));
    }

    [Fact]
    public void What_the_real_type_lacks_or_has_otherwise_is_named()
    {
        var differences = StandInSurface.Differences(typeof(StandIn), typeof(Real)).ToList();

        Assert.Equal(4, differences.Count);
        Assert.Contains(differences, sentence => sentence.Contains("Int32 Size", StringComparison.Ordinal));
        Assert.Contains(differences, sentence => sentence.Contains("ReadOnly", StringComparison.Ordinal));
        Assert.Contains(differences, sentence => sentence.Contains("Gone", StringComparison.Ordinal));
        Assert.Contains(differences, sentence => sentence.Contains("constructor", StringComparison.Ordinal));
    }

    [Fact]
    public void A_type_that_is_not_there_is_a_difference()
    {
        Assert.Single(StandInSurface.Differences(typeof(StandIn), null));
    }

    public sealed class StandIn(string name)
    {
        public string Name => name;

        public int Size { get; set; }

        public string ReadOnly { get; set; } = "";

        public int Same(string text) => text.Length + Size;

        public void Gone() => Size = 0;
    }

    public sealed class Real
    {
        public string Name { get; } = "";

        public string Size { get; set; } = "";

        public string ReadOnly { get; } = "";

        public int Same(string text, bool more = false) => text.Length + Size.Length + (more ? 1 : 0);
    }
}
