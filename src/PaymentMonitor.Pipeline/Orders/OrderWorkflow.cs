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
    /// <param name="now">The clock of whoever stamps arrivals; null: the envelope has just arrived.</param>
    public Worked Work(Order? order, Envelope envelope, DateTimeOffset? now = null)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        var before = order ?? new Order(envelope.MachineId, envelope.Event.OrderId);
        var ahead = Ahead(before, envelope, now ?? envelope.ReceivedAt);
        var ready = ahead is null ? before : OrderRules.Apply(before, ahead, Options).Order;
        var applied = OrderRules.Apply(ready, envelope, Options);
        var worked = new Worked(applied.Order, [envelope], (applied.Acceptance as Acceptance.SetAside)?.Reason) { Ahead = ahead };
        if (applied.AsksVerdict)
        {
            worked = Follow(worked, Answer(ready, applied.Order, envelope, now ?? envelope.ReceivedAt));
        }

        return AsksProvider(applied.Order) && !AsksProvider(ready)
            ? Follow(worked, OwnLag.Asking(ready, envelope, OrderEvent.AskedLate.Provider, now ?? envelope.ReceivedAt))
            : worked;
    }

    private Worked Follow(Worked worked, ReportedEvent? follower)
    {
        if (follower is null)
        {
            return worked;
        }

        var stamped = Stamp(worked.Order, follower, worked.Consumed[0].ReceivedAt);
        return worked with { Order = OrderRules.Apply(worked.Order, stamped, Options).Order, Consumed = worked.Consumed.Add(stamped) };
    }

    // The kill switch may be thrown while an order waits for its verdict; and a log that is behind has reports in front of wakes.
    private Envelope? Ahead(Order before, Envelope envelope, DateTimeOffset now)
    {
        var ahead = desk is not null && before is { VerdictAskedAt: not null, Version: 0 } && desk.Rules.Refuse(before.MachineId, Terms(before)) is { } refusal
            ? Verdicts.Event(before.OrderId, refusal, envelope.ReceivedAt)
            : OwnLag.BeforeAsking(before, envelope, now, Options);
        return ahead is null ? null : Stamp(before, ahead, envelope.ReceivedAt);
    }

    // Where memory does not know, the review is told by the saved order, and answers through the log.
    private ReportedEvent? Answer(Order before, Order asking, Envelope envelope, DateTimeOffset now)
    {
        return Verdict(asking) is { } given
            ? Verdicts.Event(asking.OrderId, given, envelope.ReceivedAt)
            : OwnLag.Asking(before, envelope, OrderEvent.AskedLate.Verdict, now);
    }

    private static bool AsksProvider(Order order) => (order.Errands & (ProviderErrands.Claim | ProviderErrands.Expiry)) is not ProviderErrands.None;

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

    private Envelope Stamp(Order order, ReportedEvent recorded, DateTimeOffset receivedAt) =>
        EventTime.Stamp(recorded, EventSource.System, order.MachineId, receivedAt, Options);

    private static OrderEvent.Created Terms(Order order) =>
        (OrderEvent.Created)order.Envelopes.First(envelope => envelope.Event.Body is OrderEvent.Created).Event.Body;
}

/// <summary>What one step gave.</summary>
/// <param name="Consumed">The given envelope, then those that the step itself put forward. All of them belong in the log.</param>
/// <param name="SetAside">Why the given envelope cannot count for the order, or null.</param>
public sealed record Worked(Order Order, ImmutableArray<Envelope> Consumed, string? SetAside)
{
    /// <summary>Put forward before the given envelope; belongs in the log before it.</summary>
    public Envelope? Ahead { get; init; }
}
