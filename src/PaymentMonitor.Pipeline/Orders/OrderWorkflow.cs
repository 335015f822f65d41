using System.Collections.Immutable;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// One step of an order: the rules, and what the rules ask for. Azure's entity and the embedded loop both run this and differ only
/// in where they read the order from and how they save it.
/// </summary>
/// <param name="desk">The reference data by which orders are refused; null where there is none.</param>
public sealed class OrderWorkflow(OrderOptions options, RiskDesk? desk = null)
{
    public OrderOptions Options { get; } = options;

    /// <param name="order">The order as it was saved, or null for an order never heard of.</param>
    public Worked Work(Order? order, Envelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        var before = order ?? new Order(envelope.MachineId, envelope.Event.OrderId);
        if (desk is not null && before is { VerdictAskedAt: not null, Version: 0 } && Stopped(before, envelope) is { } stop)
        {
            // The kill switch was thrown while the order waited for its verdict.
            var stopped = OrderRules.Apply(OrderRules.Apply(before, stop, Options).Order, envelope, Options);
            return new Worked(stopped.Order, [envelope], SetAside(stopped)) { Ahead = stop };
        }

        var applied = OrderRules.Apply(before, envelope, Options);
        if (!applied.AsksVerdict)
        {
            return new Worked(applied.Order, [envelope], SetAside(applied));
        }

        if (Verdict(applied.Order) is not { } given)
        {
            // The review is told by the saved order, and answers through the log.
            return new Worked(applied.Order, [envelope], SetAside(applied));
        }

        var verdict = Stamp(applied.Order, given, envelope.ReceivedAt);
        return new Worked(OrderRules.Apply(applied.Order, verdict, Options).Order, [envelope, verdict], SetAside(applied));
    }

    // What memory knows is said at once, and so is the policy where nobody else is to be asked.
    private OrderEvent.Assessed? Verdict(Order order)
    {
        var terms = Terms(order);
        if (desk is null)
        {
            return Verdicts.Policy(terms.Amount, Options);
        }

        var rules = desk.Rules;
        return rules.Refuse(order.MachineId, terms)
            ?? (desk.HasService || rules.LimitOf(order.MachineId) is not null ? null : Verdicts.Policy(terms.Amount, Options));
    }

    private Envelope? Stopped(Order order, Envelope envelope)
    {
        return desk!.Rules.Refuse(order.MachineId, Terms(order)) is { } refusal ? Stamp(order, refusal, envelope.ReceivedAt) : null;
    }

    private Envelope Stamp(Order order, OrderEvent.Assessed verdict, DateTimeOffset now) =>
        EventTime.Stamp(Verdicts.Event(order.OrderId, verdict, now), EventSource.System, order.MachineId, now, Options);

    private static OrderEvent.Created Terms(Order order) =>
        (OrderEvent.Created)order.Envelopes.First(envelope => envelope.Event.Body is OrderEvent.Created).Event.Body;

    private static string? SetAside(Applied applied) => (applied.Acceptance as Acceptance.SetAside)?.Reason;
}

/// <summary>What one step gave.</summary>
/// <param name="Consumed">The given envelope, then those that the step itself put forward. All of them belong in the log.</param>
/// <param name="SetAside">Why the given envelope cannot count for the order, or null.</param>
public sealed record Worked(Order Order, ImmutableArray<Envelope> Consumed, string? SetAside)
{
    /// <summary>Put forward before the given envelope; belongs in the log before it.</summary>
    public Envelope? Ahead { get; init; }
}
