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
    /// <param name="share">
    /// 1: the listener's sampler decides. Less: decided here, before anything is made, as a sampler that drops a trace is still given a
    /// span, whose id would travel with the event and its decision. A trace of the reporter's is followed if it is sampled.
    /// </param>
    public static Activity? Report(string? traceParent, string eventType, double share)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var parent = Parse(traceParent);
        if (share < 1 && !(parent == default ? IsDrawn(share) : IsSampled(parent)))
        {
            return null;
        }

        var activity = Source.StartActivity("report", ActivityKind.Consumer, parent);
        activity?.SetTag("paymentmonitor.event.type", eventType);
        return activity;
    }

    /// <summary>The push of a decision, within the trace of the report that led to it; without a sampled one, none.</summary>
    public static Activity? Push(string? traceParent, string kind)
    {
        if (!Source.HasListeners() || Parse(traceParent) is var parent && !IsSampled(parent))
        {
            return null;
        }

        var activity = Source.StartActivity("push decision", ActivityKind.Producer, parent);
        activity?.SetTag("paymentmonitor.decision.kind", kind);
        return activity;
    }

    private static bool IsSampled(ActivityContext context) => context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded);

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5394", Justification = "A sample needs no secrecy.")]
    private static bool IsDrawn(double share) => Random.Shared.NextDouble() < share;

    private static ActivityContext Parse(string? traceParent) => ActivityContext.TryParse(traceParent, null, isRemote: true, out var context) ? context : default;
}
