using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>One application of the rules while it is under way: the facts, what was decided so far, and when to look again.</summary>
internal sealed class Ruling
{
    public Ruling(Order order, DateTimeOffset now, OrderOptions options)
    {
        (Order, Now, Options) = (order, now, options);
        Facts = Facts.Of(order);
        foreach (var decision in order.Decisions)
            Remember(decision);
    }

    /// <summary>The order with everything recorded and decided so far.</summary>
    public Order Order { get; set; }

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
        var decision = new Decision(Order.OrderId, Order.Version + 1, kind, reason, Now, validUntil, refund, Trace());
        Order = Order with { Decisions = Order.Decisions.Add(decision) };
        Remember(decision);
        Steps++;
    }

    public void Record(OrderEvent body, string name)
    {
        var id = EventId.Parse($"{Order.OrderId}/{name}");
        var envelope = new Envelope(new ReportedEvent(id, Order.OrderId, body, Now), EventSource.System, Order.MachineId, Now, Now);
        Order = Order with { Envelopes = Order.Envelopes.Add(envelope) };
        Steps++;
    }

    /// <summary>Inert: nothing is decided by it. The newest report that was traced is the one that a person will want to see.</summary>
    private string? Trace()
    {
        for (var i = Order.Envelopes.Length - 1; i >= 0; i--)
        {
            if (Order.Envelopes[i].Event.Trace is { } trace)
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
