using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

public sealed class SyncScheduleTests
{
    private static readonly TimeSpan Now = TimeSpan.FromHours(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly SyncSchedule _syncs = new(interval: 60 * Second, confirmDelay: Second);

    [Fact]
    public void Every_connection_begins_with_a_sync()
    {
        _syncs.Connected();
        Assert.True(_syncs.IsDue(Now, hasNews: false));

        _syncs.Sent(Now);
        Assert.False(_syncs.IsDue(Now, hasNews: false));

        _syncs.Connected();
        Assert.True(_syncs.IsDue(Now, hasNews: false));
    }

    [Fact]
    public void An_idle_machine_syncs_each_interval()
    {
        Done();

        Assert.Equal(Now + (60 * Second), _syncs.NextDue(Now, hasNews: false));
    }

    [Fact]
    public void Confirmations_are_gathered_for_the_delay()
    {
        Done();

        Assert.Equal(Now + (6 * Second), _syncs.NextDue(Now + (5 * Second), hasNews: true));
        Assert.Equal(Now + (6 * Second), _syncs.NextDue(Now + (5.9 * Second), hasNews: true));
        Assert.True(_syncs.IsDue(Now + (6 * Second), hasNews: true));
    }

    [Fact]
    public void One_sync_waits_for_the_answer_of_the_one_before_but_not_for_ever()
    {
        _syncs.Connected();
        _syncs.Sent(Now);
        _syncs.Request();

        Assert.Equal(Now + (10 * Second), _syncs.NextDue(Now + Second, hasNews: false));

        _syncs.Answered();
        Assert.True(_syncs.IsDue(Now + Second, hasNews: false));
    }

    private void Done()
    {
        _syncs.Connected();
        _syncs.Sent(Now);
        _syncs.Answered();
    }
}
