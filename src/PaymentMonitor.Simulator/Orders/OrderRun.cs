using PaymentMonitor.Contracts;

namespace PaymentMonitor.Simulator;

/// <summary>An order under way on a simulated machine: its plan, its ledger, and what its latencies are measured from. Thread-safe.</summary>
internal sealed class OrderRun(SimulatedMachine machine, OrderId orderId, PaymentReference reference, OrderPlan plan)
{
    private readonly Lock _lock = new();
    private int _nextStep;
    private TimeSpan? _created;
    private TimeSpan? _paid;
    private TimeSpan? _shipped;
    private TimeSpan? _allowedAt;
    private bool _unmeasurable;

    internal SimulatedMachine Machine { get; } = machine;

    internal OrderId OrderId { get; } = orderId;

    internal PaymentReference Reference { get; } = reference;

    internal OrderPlan Plan { get; } = plan;

    internal OrderLedger Ledger { get; } = new(machine.MachineId, orderId, plan.Terms);

    /// <summary>Steps follow one another in one thread, so this needs no lock.</summary>
    internal PlannedStep? NextStep() => _nextStep < Plan.Steps.Count ? Plan.Steps[_nextStep++] : null;

    /// <param name="intended">When it was to be sent, whenever it really was.</param>
    internal void Sent(OrderEvent body, TimeSpan intended)
    {
        lock (_lock)
        {
            switch (body)
            {
                case OrderEvent.Created:
                    _created ??= intended;
                    break;
                case OrderEvent.PaymentSucceeded:
                    _paid ??= intended;
                    break;
                case OrderEvent.ShipmentCompleted:
                    _shipped ??= intended;
                    break;
            }
        }
    }

    /// <param name="intended">When the provider's callback was to be sent, or null where its first delivery was lost or late on purpose.</param>
    /// <returns>The latency of a permission that was faster than the provider's answer to the customer.</returns>
    internal TimeSpan? Paid(TimeSpan? intended)
    {
        lock (_lock)
        {
            _unmeasurable |= intended is null && _paid is null;
            _paid ??= intended;
            return _allowedAt is { } at ? Measure_NeedsLock(at, _paid) : null;
        }
    }

    /// <returns>The latency from the event that decided it, where that is one to measure from and known already.</returns>
    internal TimeSpan? Decided(Decision decision, TimeSpan now)
    {
        lock (_lock)
        {
            switch (decision.Kind)
            {
                case DecisionKinds.ShipmentAllowed:
                    _allowedAt ??= _paid is null ? now : null;
                    return Measure_NeedsLock(now, _paid);
                case DecisionKinds.TradeCompleted:
                    return Measure_NeedsLock(now, _shipped);
                default:
                    return null;
            }
        }
    }

    /// <summary>Whatever had to be there before the decision and came last decided it; a creation held back may.</summary>
    private TimeSpan? Measure_NeedsLock(TimeSpan now, TimeSpan? cause)
    {
        if (cause is null || _created is null || _unmeasurable)
        {
            return null;
        }

        return now - (cause > _created ? cause : _created);
    }
}
