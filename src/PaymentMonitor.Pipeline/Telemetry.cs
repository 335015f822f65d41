namespace PaymentMonitor.Pipeline;

/// <summary>The names under which the pipeline measures itself; docs/metrics.md describes them.</summary>
public static class Telemetry
{
    public const string Meter = "PaymentMonitor.Pipeline";

    /// <summary>The source of spans: one trace leads from a machine's report to the push of what was decided.</summary>
    public const string Source = "PaymentMonitor";

    public const string Events = "paymentmonitor.events";
    public const string Receipts = "paymentmonitor.receipts";
    public const string ReceiptDuration = "paymentmonitor.receipt.duration";
    public const string ClockDifference = "paymentmonitor.clock.difference";
    public const string LogLag = "paymentmonitor.log.lag";
    public const string Decisions = "paymentmonitor.decisions";
    public const string DecisionsPushed = "paymentmonitor.decisions.pushed";
    public const string DecisionDuration = "paymentmonitor.decision.duration";
    public const string EndToEndDuration = "paymentmonitor.end_to_end.duration";
    public const string ProviderCallbacks = "paymentmonitor.provider.callbacks";
}
