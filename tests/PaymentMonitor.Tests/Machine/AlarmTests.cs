using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

public sealed class AlarmTests
{
    private static readonly TimeSpan Guard = Seconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly Signal _signal = new();

    [Fact]
    public async Task The_earliest_time_rings()
    {
        using var alarm = new Alarm(_signal, _time);
        alarm.Set(Seconds(0), Seconds(60));
        alarm.Set(Seconds(0), Seconds(5));
        alarm.Set(Seconds(0), Seconds(30));

        var ringing = _signal.WaitAsync().AsTask();
        _time.Advance(Seconds(4));
        Assert.False(ringing.IsCompleted);

        _time.Advance(Seconds(1));
        await ringing.WaitAsync(Guard);
    }

    [Fact]
    public async Task An_alarm_that_rang_before_its_time_is_set_again_for_the_same_time()
    {
        using var alarm = new Alarm(_signal, _time);
        alarm.Set(Seconds(0), Seconds(5));
        _time.Advance(Seconds(5));
        await _signal.WaitAsync().AsTask().WaitAsync(Guard);

        alarm.Set(Seconds(4.999), Seconds(5));

        _time.Advance(Seconds(0.001));
        await _signal.WaitAsync().AsTask().WaitAsync(Guard);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
