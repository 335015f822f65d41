using System.Diagnostics.Metrics;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>Sends the decisions of a saved order to its machine, at once. Best effort: the machine's next sync makes up for what is lost.</summary>
public sealed class DecisionPush
{
    private readonly IMachineConnections _connections;
    private readonly TimeProvider _time;
    private readonly Counter<long> _decisions, _pushed;
    private readonly Histogram<double> _duration, _endToEnd;

    public DecisionPush(IMachineConnections connections, IMeterFactory meters, TimeProvider time)
    {
        _connections = connections;
        _time = time;
        var meter = meters.Create(Telemetry.Meter);
        _decisions = meter.CreateCounter<long>(Telemetry.Decisions, "{decision}", "New decisions by kind.");
        _pushed = meter.CreateCounter<long>(Telemetry.DecisionsPushed, "{decision}", "Decisions pushed to machines, by kind; repeats included.");
        _duration = meter.CreateHistogram<double>(
            Telemetry.DecisionDuration, "s", "From the arrival of what decided (to the millisecond) to the push of the decision.", advice: Latency.Buckets);
        _endToEnd = meter.CreateHistogram<double>(
            Telemetry.EndToEndDuration, "s", "From the machine's sending of the newest event, by the machine's clock, to the push of the decision.", advice: Latency.Buckets);
    }

    /// <param name="afterVersion">Decisions above this version are sent, in order.</param>
    /// <param name="now">For a repeat: permissions that have run out by then are left out.</param>
    public async ValueTask SendAsync(Order order, int afterVersion, CancellationToken cancellationToken, DateTimeOffset? now = null)
    {
        ArgumentNullException.ThrowIfNull(order);
        foreach (var decision in order.Decisions)
        {
            if (decision.Version <= afterVersion || decision.ValidUntil < now)
            {
                continue;
            }

            using var trace = Traces.Push(decision.Trace, decision.Kind);
            await _connections.SendAsync(order.MachineId, decision, cancellationToken);
            var kind = new KeyValuePair<string, object?>("kind", decision.Kind);
            _pushed.Add(1, kind);
            if (now is null)
            {
                _decisions.Add(1, kind);
                Time(order, decision, kind);
            }
        }
    }

    private void Time(Order order, Decision decision, KeyValuePair<string, object?> kind)
    {
        var pushedAt = _time.GetUtcNow();
        _duration.Record(Math.Max(0, (pushedAt - decision.DecidedAt).TotalSeconds), kind);

        // Only where the newest event decided: what a timer decided waited for its time.
        if (order.Envelopes is [.., { Event.SentAt: { } sentAt } newest] && newest.ReceivedAt == decision.DecidedAt && sentAt <= pushedAt)
        {
            _endToEnd.Record((pushedAt - sentAt).TotalSeconds, kind);
        }
    }
}
