using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

public sealed class MachineClockTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TwoClocks _time = new();
    private readonly MachineClock _clock;

    public MachineClockTests() => _clock = new MachineClock(_time);

    [Fact]
    public void Until_something_is_learnt_the_back_ends_clock_is_the_machines()
    {
        Assert.Equal(Noon, _clock.Now);
        Assert.Equal(Noon, _clock.ServerNow);
    }

    [Fact]
    public void The_back_ends_time_is_taken_to_be_read_halfway_between_question_and_answer()
    {
        _clock.Learn(Noon.AddHours(3), Seconds(0), Seconds(2));
        _time.Pass(Seconds(10));

        Assert.Equal(Noon.AddHours(3).AddSeconds(9), _clock.ServerNow);
    }

    [Fact]
    public void A_quicker_answer_is_believed_and_a_slower_one_that_agrees_is_not()
    {
        _clock.Learn(Noon.AddSeconds(100.5), Seconds(0), Seconds(1));
        _clock.Learn(Noon.AddSeconds(100.1), Seconds(0), Seconds(0.1));
        var known = _clock.Offset;
        _clock.Learn(Noon.AddSeconds(101.8), Seconds(0), Seconds(4));

        Assert.InRange(known, Seconds(100.0499), Seconds(100.0501));
        Assert.Equal(known, _clock.Offset);
    }

    [Fact]
    public void Old_knowledge_is_worth_less_than_a_new_answer()
    {
        _clock.Learn(Noon, Seconds(0), Seconds(0.1));
        _time.Pass(TimeSpan.FromHours(1));
        _clock.Learn(Noon.AddHours(1).AddSeconds(0.3), _clock.Uptime - Seconds(0.5), _clock.Uptime);

        Assert.InRange(_clock.Offset, Seconds(0.5), Seconds(0.6));
    }

    [Fact]
    public void An_answer_that_contradicts_what_is_known_is_believed()
    {
        _clock.Learn(Noon, Seconds(0), Seconds(0.01));
        _clock.Learn(Noon.AddMinutes(-30), Seconds(0), Seconds(1));

        Assert.InRange(_clock.Offset, TimeSpan.FromMinutes(-30.1), TimeSpan.FromMinutes(-29.9));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(-5)]
    public void A_jump_of_the_systems_clock_moves_neither_clock(int hours)
    {
        _clock.Learn(Noon.AddSeconds(7), Seconds(0), Seconds(0));

        _time.Jump(TimeSpan.FromHours(hours));
        _time.Pass(Seconds(1));

        Assert.Equal(Noon.AddSeconds(1), _clock.Now);
        Assert.Equal(Noon.AddSeconds(8), _clock.ServerNow);
    }

    [Fact]
    public void Only_the_answer_to_the_question_that_is_timed_counts()
    {
        _clock.Asked("e1");
        _clock.Asked("e2");
        _clock.Answered("e2", Noon.AddHours(9));
        _clock.Answered("e1", null);
        _clock.Answered("e1", Noon.AddHours(9));
        Assert.Equal(TimeSpan.Zero, _clock.Offset);

        _clock.Asked("e3");
        _clock.Forget();
        _clock.Answered("e3", Noon.AddHours(9));
        Assert.Equal(TimeSpan.Zero, _clock.Offset);

        _clock.Asked("e4");
        _clock.Answered("e4", Noon.AddHours(9));
        Assert.Equal(TimeSpan.FromHours(9), _clock.Offset);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    /// <summary>A system whose clock can be set while its counter runs on.</summary>
    private sealed class TwoClocks : TimeProvider
    {
        private TimeSpan _passed;
        private TimeSpan _jumped;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _passed.Ticks;

        public override DateTimeOffset GetUtcNow() => Noon + _passed + _jumped;

        internal void Pass(TimeSpan time) => _passed += time;

        internal void Jump(TimeSpan by) => _jumped += by;
    }
}
