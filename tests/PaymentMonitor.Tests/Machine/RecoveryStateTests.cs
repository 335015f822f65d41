using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

public sealed class RecoveryStateTests
{
    private static readonly Uri Url = new("wss://pay.example.com/client/hubs/machines");

    private readonly Recovery _recovery = new();

    [Fact]
    public void A_lost_connection_is_recovered_by_its_id_and_token_for_half_a_minute()
    {
        _recovery.Greeted("c 1", "t+1");
        _recovery.Lost(At(100));

        Assert.Equal(
            "wss://pay.example.com/client/hubs/machines?awps_connection_id=c%201&awps_reconnection_token=t%2B1",
            _recovery.Address(Url, At(129.9))!.AbsoluteUri);
        Assert.Null(_recovery.Address(Url, At(130)));
        Assert.Null(_recovery.Address(Url, At(100)));
    }

    [Fact]
    public void The_half_minute_counts_from_the_loss_whatever_attempts_fail()
    {
        _recovery.Greeted("c1", "t1");
        _recovery.Lost(At(100));
        _recovery.Lost(At(120));

        Assert.Null(_recovery.Address(Url, At(131)));
    }

    [Fact]
    public void A_recovered_connection_can_be_recovered_again_with_its_newest_token()
    {
        _recovery.Greeted("c1", "t1");
        _recovery.Lost(At(0));
        _recovery.Opened();
        _recovery.Greeted("c1", "t2");
        _recovery.Lost(At(100));

        Assert.EndsWith("t2", _recovery.Address(Url, At(101))!.Query, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_token_there_is_nothing_to_recover()
    {
        _recovery.Greeted("c1", null);
        _recovery.Lost(At(0));

        Assert.Null(_recovery.Address(Url, At(0)));
    }

    [Fact]
    public void Messages_that_come_again_are_known_and_a_new_connection_counts_anew()
    {
        _recovery.Greeted("c1", "t1");

        Assert.True(_recovery.IsNew(1));
        Assert.True(_recovery.IsNew(2));
        Assert.False(_recovery.IsNew(2));
        Assert.False(_recovery.IsNew(1));
        Assert.True(_recovery.IsNew(0));
        _recovery.Greeted("c1", "t1");
        Assert.False(_recovery.IsNew(2));
        _recovery.Greeted("c2", "t2");
        Assert.True(_recovery.IsNew(1));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
