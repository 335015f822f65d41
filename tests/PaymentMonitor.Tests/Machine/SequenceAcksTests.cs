using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

public sealed class SequenceAcksTests
{
    private readonly SequenceAcks _acks = new();

    [Fact]
    public void A_message_is_acknowledged_a_second_after_it_came_with_all_that_came_meanwhile()
    {
        Assert.True(_acks.Received(1, At(10)));
        Assert.False(_acks.Received(2, At(10.5)));

        Assert.Equal(At(11), _acks.NextDue(At(10.5)));
        Assert.Equal(0UL, _acks.Take(At(10.9)));
        Assert.Equal(2UL, _acks.Take(At(11)));
        Assert.Null(_acks.NextDue(At(11)));
        Assert.Equal(0UL, _acks.Take(At(20)));
    }

    [Fact]
    public void A_hundred_messages_are_acknowledged_at_once()
    {
        for (var id = 1UL; id < 100; id++)
        {
            _acks.Received(id, At(0));
        }

        Assert.Equal(0UL, _acks.Take(At(0)));
        Assert.True(_acks.Received(100, At(0)));
        Assert.Equal(At(0), _acks.NextDue(At(0)));
        Assert.Equal(100UL, _acks.Take(At(0)));
    }

    [Fact]
    public void What_came_before_a_socket_was_lost_is_acknowledged_first_on_the_next()
    {
        _acks.Received(7, At(0));
        _acks.Take(At(1));

        _acks.Opened(7, At(5));

        Assert.Equal(7UL, _acks.Take(At(5)));
    }

    [Fact]
    public void Where_messages_have_no_numbers_nothing_is_acknowledged()
    {
        Assert.False(_acks.Received(0, At(0)));
        _acks.Opened(0, At(0));

        Assert.Null(_acks.NextDue(At(10)));
        Assert.Equal(0UL, _acks.Take(At(10)));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
