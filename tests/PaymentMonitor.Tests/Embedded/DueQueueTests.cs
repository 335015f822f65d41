using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Tests.Embedded;

public sealed class DueQueueTests
{
    private readonly DueQueue _due = new();

    [Fact]
    public void The_earliest_comes_first_and_no_more_than_was_asked_for()
    {
        _due.Set(Reports.Key("m", "late"), 30);
        _due.Set(Reports.Key("m", "early"), 10);
        _due.Set(Reports.Key("m", "between"), 20);

        Assert.Equal(10, _due.Next());
        Assert.Equal(["early", "between"], Take(30, 2));
        Assert.Equal(["late"], Take(30, 2));
        Assert.Null(_due.Next());
    }

    [Fact]
    public void What_is_not_due_yet_stays()
    {
        _due.Set(Reports.Key("m", "o"), 11);

        Assert.Empty(Take(10, 5));
        Assert.Equal(1, _due.Count);
    }

    [Fact]
    public void A_new_time_takes_the_place_of_the_old_one()
    {
        _due.Set(Reports.Key("m", "o"), 10);
        _due.Set(Reports.Key("m", "o"), 30);

        Assert.Empty(Take(20, 5));
        Assert.Equal(["o"], Take(30, 5));
    }

    [Fact]
    public void What_is_no_longer_wanted_is_not_due()
    {
        _due.Set(Reports.Key("m", "o"), 10);
        _due.Set(Reports.Key("m", "o"), null);

        Assert.Equal(0, _due.Count);
        Assert.Null(_due.Next());
    }

    [Fact]
    public void A_mind_that_is_changed_ten_thousand_times_still_has_one_time()
    {
        for (var i = 0; i < 10_000; i++)
        {
            _due.Set(Reports.Key("m", "restless"), 100_000 - i);
            _due.Set(Reports.Key("m", $"o-{i % 7}"), 200_000 + i);
        }

        Assert.Equal(8, _due.Count);
        Assert.Equal(["restless"], Take(100_000, 5));
        Assert.Equal(7, Take(300_000, 50).Length);
    }

    private string[] Take(long nowMs, int max) => [.. _due.Take(nowMs, max).Select(key => key.OrderId.Value)];
}
