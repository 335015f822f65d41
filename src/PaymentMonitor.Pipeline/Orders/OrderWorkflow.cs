using System.Collections.Immutable;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// One step of an order: the rules, and what the rules ask for. Azure's entity and the embedded loop both run this and differ only
/// in where they read the order from and how they save it.
/// </summary>
public sealed class OrderWorkflow(OrderOptions options)
{
    public OrderOptions Options { get; } = options;

    /// <param name="order">The order as it was saved, or null for an order never heard of.</param>
    public Worked Work(Order? order, Envelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        var before = order ?? new Order(envelope.MachineId, envelope.Event.OrderId);
        var applied = OrderRules.Apply(before, envelope, Options);
        var setAside = (applied.Acceptance as Acceptance.SetAside)?.Reason;
        if (!applied.AsksVerdict)
        {
            return new Worked(applied.Order, [envelope], setAside);
        }

        // No risk source is configured, so nobody has to be waited for: the policy speaks at once.
        var verdict = PolicyVerdict(applied.Order, envelope.ReceivedAt);
        return new Worked(OrderRules.Apply(applied.Order, verdict, Options).Order, [envelope, verdict], setAside);
    }

    private Envelope PolicyVerdict(Order order, DateTimeOffset now)
    {
        var terms = (OrderEvent.Created)order.Envelopes.First(envelope => envelope.Event.Body is OrderEvent.Created).Event.Body;
        var verdict = Verdicts.Event(order.OrderId, Verdicts.Policy(terms.Amount, Options), now);
        return EventTime.Stamp(verdict, EventSource.System, order.MachineId, now, Options);
    }
}

/// <summary>What one step gave.</summary>
/// <param name="Consumed">The given envelope, then those that the step itself put forward. All of them belong in the log.</param>
/// <param name="SetAside">Why the given envelope cannot count for the order, or null.</param>
public sealed record Worked(Order Order, ImmutableArray<Envelope> Consumed, string? SetAside);
