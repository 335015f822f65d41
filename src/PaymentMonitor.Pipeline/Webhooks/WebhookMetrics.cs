using System.Diagnostics.Metrics;

namespace PaymentMonitor.Pipeline;

/// <summary>What the delivery of webhooks tells of itself. An endpoint is named by its id, of which there are few.</summary>
public sealed class WebhookMetrics
{
    private readonly Counter<long> _attempts, _disabled;
    private readonly Histogram<double> _duration, _lag;

    public WebhookMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(Telemetry.Meter);
        _attempts = meter.CreateCounter<long>("paymentmonitor.webhooks.attempts", "{attempt}", "Attempts to deliver a notice, by endpoint and outcome (delivered, failed, parked).");
        _disabled = meter.CreateCounter<long>("paymentmonitor.webhooks.disabled", "{endpoint}", "Endpoints disabled by the system, by reason (gone, failing).");
        _duration = meter.CreateHistogram<double>("paymentmonitor.webhooks.duration", "s", "From sending a delivery to the endpoint's answer, by endpoint.", advice: Latency.Buckets);
        _lag = meter.CreateHistogram<double>("paymentmonitor.webhooks.lag", "s", "From writing a notice to its delivery, by endpoint.", advice: Latency.Buckets);
    }

    internal void Disabled(string reason) => _disabled.Add(1, new KeyValuePair<string, object?>("reason", reason));

    internal void Attempted(DeliveryAttempt attempt, TimeSpan duration, TimeSpan lag)
    {
        var endpoint = new KeyValuePair<string, object?>("endpoint", attempt.Key.EndpointId);
        _attempts.Add(1, endpoint, new KeyValuePair<string, object?>("outcome", OutcomeName(attempt.Outcome)));
        _duration.Record(duration.TotalSeconds, endpoint);
        if (attempt.Outcome == AttemptOutcome.Delivered)
        {
            _lag.Record(lag.TotalSeconds, endpoint);
        }
    }

    private static string OutcomeName(AttemptOutcome outcome) => outcome switch
    {
        AttemptOutcome.Delivered => "delivered",
        AttemptOutcome.Parked => "parked",
        _ => "failed",
    };
}
