namespace PaymentMonitor.Simulator;

/// <summary>One clock for all measurements: monotonic, with a fixed place on the wall clock for times that other processes give.</summary>
internal sealed class FleetClock(TimeProvider time)
{
    private readonly DateTimeOffset _wall = time.GetUtcNow();
    private readonly long _start = time.GetTimestamp();

    internal TimeSpan Now => time.GetElapsedTime(_start);

    internal DateTimeOffset WallNow => time.GetUtcNow();

    internal TimeSpan At(DateTimeOffset wall) => wall - _wall;
}
