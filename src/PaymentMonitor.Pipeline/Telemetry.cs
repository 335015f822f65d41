namespace PaymentMonitor.Pipeline;

/// <summary>The names under which the pipeline measures itself.</summary>
public static class Telemetry
{
    public const string Meter = "PaymentMonitor.Pipeline";
}
