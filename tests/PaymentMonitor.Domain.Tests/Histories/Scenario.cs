using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain.Tests;

/// <summary>
/// One order under a clock that the test moves: times are seconds after an arbitrary start, what is due fires before anything that
/// arrives later, and a risk source answers when it is asked.
/// </summary>
internal sealed class Scenario
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly MachineId Machine = MachineId.Parse("machine-1");
    public static readonly OrderId TheOrder = OrderId.Parse("order-1");

    private readonly OrderOptions _options;
    private int _ids;

    public Scenario(OrderOptions? options = null)
    {
        _options = options ?? OrderOptions.Default;
        Order = new Order(Machine, TheOrder);
    }

    public Order Order { get; private set; }

    /// <summary>What the risk source answers at once when asked; null: nothing.</summary>
    public string? Verdict { get; init; } = OrderEvent.Assessed.Approve;

    public Applied Last { get; private set; } = null!;

    public int VerdictsAsked { get; private set; }

    public OrderStatus Status => Order.Status;

    /// <summary>Decisions as "kind(reason)" or "refund.due(reason) payment", in order.</summary>
    public string[] Decisions
    {
        get
        {
            return [.. Order.Decisions.Select(d => d.Refund is { } refund ? $"{d.Kind}({d.Reason}) {refund.PaymentId}" : $"{d.Kind}({d.Reason})")];
        }
    }

    public double[] DecidedAt => [.. Order.Decisions.Select(d => (d.DecidedAt - Start).TotalSeconds)];

    public string[] NoticesTold => [.. Order.Notices.Select(n => n.Type)];

    public string[] WindowsOver => [.. Order.Envelopes.Select(e => e.Event.Body).OfType<OrderEvent.TimedOut>().Select(t => t.What)];

    public static DateTimeOffset At(double seconds) => Start.AddSeconds(seconds);

    public static OrderEvent.Created Qr(long amount = 300, int expiresIn = 60) => Created("qr", amount, expiresIn);

    public static OrderEvent.Created Cash(long amount = 300, int expiresIn = 60) => Created("cash", amount, expiresIn);

    public static OrderEvent.Created Created(string channel, long amount = 300, int expiresIn = 60)
    {
        return new OrderEvent.Created(amount, Currency.Parse("EUR"), Channel.Parse(channel), expiresIn);
    }

    public static OrderEvent.PaymentSucceeded Paid(string payment = "p1", long amount = 300, string? currency = null)
    {
        return new OrderEvent.PaymentSucceeded(PaymentId.Parse(payment), amount, currency is null ? null : Currency.Parse(currency));
    }

    public static OrderEvent.RefundCompleted Refunded(string payment = "p1") => new(PaymentId.Parse(payment));

    public static OrderEvent.RefundFailed RefundFailed(string payment = "p1") => new(PaymentId.Parse(payment), "declined");

    public static OrderEvent Unpaid { get; } = new OrderEvent.PaymentChecked(OrderEvent.PaymentChecked.Unpaid);

    public static OrderEvent Out { get; } = new OrderEvent.ShipmentCompleted();

    public static OrderEvent Jam { get; } = new OrderEvent.ShipmentFailed("jam");

    public static OrderEvent Cancel { get; } = new OrderEvent.Cancelled();

    public static OrderEvent Assess(string verdict) => new OrderEvent.Assessed(verdict, "risk");

    public static OrderEvent Resolve(string outcome) => new OrderEvent.Resolved(outcome, "anna", "looked at the machine");

    /// <summary>The machine reports something that happened at <paramref name="at"/> and arrives at once, or later.</summary>
    public Acceptance Says(double at, OrderEvent body, double? arrives = null, string? id = null, long? boot = null, long? seq = null)
    {
        return Report(EventSource.Machine, at, body, arrives, id, boot, seq);
    }

    public Acceptance Provider(double at, OrderEvent body, double? arrives = null, string? id = null)
    {
        return Report(EventSource.Provider, at, body, arrives, id);
    }

    public Acceptance System(double at, OrderEvent body, string? id = null) => Report(EventSource.System, at, body, null, id);

    public Acceptance Report(
        EventSource source, double at, OrderEvent body, double? arrives = null, string? id = null, long? boot = null, long? seq = null)
    {
        RunTo(Math.Max(at, arrives ?? at), including: false);
        var e = new ReportedEvent(EventId.Parse(id ?? $"e{++_ids}"), TheOrder, body, At(at), Offline: true, Boot: boot, Seq: seq);
        return Apply(EventTime.Stamp(e, source, Machine, At(arrives ?? at), _options));
    }

    /// <summary>Moves the clock: wakes the order whenever it wants to be, up to and including that moment.</summary>
    public void RunTo(double seconds) => RunTo(seconds, including: true);

    public void RunToEnd()
    {
        for (var wakes = 0; Order.Due is { } due; wakes++)
        {
            Assert.True(wakes < 100, "The order wants to be woken for ever.");
            Wake(due);
        }
    }

    private void RunTo(double seconds, bool including)
    {
        while (Order.Due is { } due && (due < At(seconds) || (including && due == At(seconds))))
            Wake(due);
    }

    private void Wake(DateTimeOffset due)
    {
        var e = new ReportedEvent(EventId.Parse("due"), TheOrder, new OrderEvent.Due(), due);
        Apply(EventTime.Stamp(e, EventSource.System, Machine, due, _options));
    }

    public Acceptance Apply(Envelope envelope)
    {
        Last = OrderRules.Apply(Order, envelope, _options);
        Order = Last.Order;
        Assert.True(Order.Due is null || Order.Due > Order.Clock, "What is due must be done.");
        var acceptance = Last.Acceptance;
        if (Last.AsksVerdict)
        {
            VerdictsAsked++;
            if (Verdict is { } verdict)
                System((Order.Clock - Start).TotalSeconds, Assess(verdict), $"{TheOrder}/assessed");
        }

        return acceptance;
    }
}
