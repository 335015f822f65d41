using System.Collections.Immutable;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>
/// One application of the rules while it is under way: the facts, what was decided so far, and when to look again. What it adds to
/// the order is kept here, so that an order is copied once for an envelope, however much follows from it.
/// </summary>
internal sealed class Ruling
{
    /// <param name="envelopes">The order's, with the one that is applied if it was accepted.</param>
    public Ruling(Order before, ImmutableArray<Envelope> envelopes, ImmutableArray<string> flags, DateTimeOffset now, OrderOptions options)
    {
        (Before, Envelopes, Flags, Now, Options) = (before, envelopes, flags, now, options);
        Decisions = before.Decisions;
        AllowedPayment = before.AllowedPayment;
        CompletedPayment = before.CompletedPayment;
        VerdictAskedAt = before.VerdictAskedAt;
        Facts = Facts.Of(envelopes, Decisions);
        foreach (var decision in Decisions)
            Remember(decision);
    }

    /// <summary>The order as it was; everything recorded and decided since is beside it.</summary>
    public Order Before { get; }

    public ImmutableArray<Envelope> Envelopes { get; private set; }

    public ImmutableArray<Decision> Decisions { get; private set; }

    public ImmutableArray<string> Flags { get; }

    public PaymentId? AllowedPayment { get; set; }

    public PaymentId? CompletedPayment { get; set; }

    public DateTimeOffset? VerdictAskedAt { get; set; }

    public DateTimeOffset Now { get; }

    public OrderOptions Options { get; }

    public Facts Facts { get; }

    public Decision? Allow { get; private set; }

    public Decision? Close { get; private set; }

    public Decision? Complete { get; private set; }

    /// <summary>Nothing was allowed, closed or completed yet.</summary>
    public bool IsOpen => Allow is null && Close is null && Complete is null;

    /// <summary>The soonest moment at which time alone changes something.</summary>
    public DateTimeOffset? Wake { get; private set; }

    public bool AsksVerdict { get; set; }

    /// <summary>Counts what was recorded and decided, so that the rules are run until nothing more follows.</summary>
    public int Steps { get; private set; }

    /// <summary>True when it is that time; otherwise the order will be woken then.</summary>
    public bool Reaches(DateTimeOffset time)
    {
        if (time <= Now)
            return true;

        if (Wake is null || time < Wake)
            Wake = time;

        return false;
    }

    public void StartOver() => Wake = null;

    public void Decide(string kind, string reason, DateTimeOffset? validUntil = null, RefundOrder? refund = null)
    {
        var decision = new Decision(Before.OrderId, Decisions.Length + 1, kind, reason, Now, validUntil, refund, Trace());
        Decisions = Decisions.Add(decision);
        Remember(decision);
        Steps++;
    }

    public void Record(OrderEvent body, string name)
    {
        var id = EventId.Parse($"{Before.OrderId}/{name}");
        var envelope = new Envelope(new ReportedEvent(id, Before.OrderId, body, Now), EventSource.System, Before.MachineId, Now, Now);
        Envelopes = Envelopes.Add(envelope);
        Steps++;
    }

    /// <summary>Inert: nothing is decided by it. The newest report that was traced is the one that a person will want to see.</summary>
    private string? Trace()
    {
        for (var i = Envelopes.Length - 1; i >= 0; i--)
        {
            if (Envelopes[i].Event.Trace is { } trace)
                return trace;
        }

        return null;
    }

    private void Remember(Decision decision)
    {
        switch (decision.Kind)
        {
            case DecisionKinds.ShipmentAllowed:
                Allow = decision;
                break;
            case DecisionKinds.TradeClosed:
                Close = decision;
                break;
            case DecisionKinds.TradeCompleted:
                Complete = decision;
                break;
            default:
                break;
        }
    }
}
