using System.Diagnostics;

namespace PaymentMonitor.Benchmarks.Load;

/// <summary>One event, and the wait for its receipt.</summary>
internal sealed class FirstReceiptLoad : ILoad
{
    private readonly Measurement _measurement = new(0, long.MaxValue);
    private readonly long _until = Stopwatch.GetTimestamp() + (60 * Stopwatch.Frequency);
    private bool _sent;

    internal bool Received { get; private set; }

    public long? Turn(Fleet fleet, long now)
    {
        if (!_sent)
        {
            _sent = true;
            fleet.Report(fleet.Terminals[0], now);
        }

        return Received || now > _until ? null : _until;
    }

    public Measurement MeasurementOf(Terminal terminal) => _measurement;

    public void Answered(Fleet fleet, Terminal terminal, bool final) => Received = true;
}
