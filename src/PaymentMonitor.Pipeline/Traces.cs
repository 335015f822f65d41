using System.Diagnostics;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Spans of the pipeline. Context travels in the field <c>trace</c> of events and decisions (W3C <c>traceparent</c>), because between
/// report and decision lies a log that keeps no headers. Where nobody listens, nothing is made.
/// </summary>
public static class Traces
{
    private static readonly ActivitySource Source = new(Telemetry.Source);

    /// <summary>From a report's arrival to its receipt; within the reporter's trace where the event carries one.</summary>
    public static Activity? Report(string? traceParent, string eventType)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var activity = Source.StartActivity("report", ActivityKind.Consumer, Parse(traceParent));
        activity?.SetTag("paymentmonitor.event.type", eventType);
        return activity;
    }

    /// <summary>The push of a decision, within the trace of the report that led to it; without one, none.</summary>
    public static Activity? Push(string? traceParent, string kind)
    {
        if (!Source.HasListeners() || Parse(traceParent) is var parent && parent == default)
        {
            return null;
        }

        var activity = Source.StartActivity("push decision", ActivityKind.Producer, parent);
        activity?.SetTag("paymentmonitor.decision.kind", kind);
        return activity;
    }

    private static ActivityContext Parse(string? traceParent) => ActivityContext.TryParse(traceParent, null, isRemote: true, out var context) ? context : default;
}
