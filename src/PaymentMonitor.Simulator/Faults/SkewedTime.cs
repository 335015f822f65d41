namespace PaymentMonitor.Simulator;

/// <summary>A machine's clock that is wrong by a fixed amount; its counter runs as it should.</summary>
internal sealed class SkewedTime(TimeProvider time, TimeSpan error) : TimeProvider
{
    public override long TimestampFrequency => time.TimestampFrequency;

    public override long GetTimestamp() => time.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + error;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
}
