namespace PaymentMonitor.Benchmarks.Load;

/// <summary>Nothing is reported: what a fleet does before its first load.</summary>
internal sealed class IdleLoad : ILoad
{
    internal static readonly IdleLoad Instance = new();

    private readonly Measurement _nothing = new(0, 0);

    public long? Turn(Fleet fleet, long now) => null;

    public Measurement MeasurementOf(Terminal terminal) => _nothing;

    public void Answered(Fleet fleet, Terminal terminal, bool final)
    {
        // Nothing was asked.
    }
}
