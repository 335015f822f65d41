using PaymentMonitor.Contracts;
using PaymentMonitor.Simulator;

namespace PaymentMonitor.Tests.Simulator;

public sealed class VerdictTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset End = Start.AddMinutes(1);
    private static readonly MachineId Machine = MachineId.Parse("m-1");
    private static readonly OrderId Order = OrderId.Parse("o-1");
    private static readonly Currency Euro = Currency.Parse("EUR");
    private static readonly OrderEvent.Created Terms = new(250, Euro, Channel.Parse("cash"), 60);
    private static readonly Decision Allowed = new(Order, 1, DecisionKinds.ShipmentAllowed, "paid", Start, Start.AddMinutes(1));
    private static readonly Decision Completed = new(Order, 2, DecisionKinds.TradeCompleted, "shipped", Start);
    private static readonly LedgerEvent[] Sale =
    [
        Event("e1", Terms),
        Event("e2", new OrderEvent.PaymentSucceeded(PaymentId.Parse("p1"), 250)),
        Event("e3", new OrderEvent.ShipmentCompleted()),
    ];

    [Fact]
    public void A_sale_that_is_shown_and_told_is_sound()
    {
        var verdict = Judge(Ledger(Sale, [Allowed, Completed]), Stored("Completed", [Allowed, Completed], Sale));

        Assert.Empty(verdict.Findings);
        Assert.Equal((1, 1, 0), (verdict.Created, verdict.Ended, verdict.Open));
        Assert.Equal((2, 0, 0), (verdict.Received, verdict.Lost, verdict.Doubled));
    }

    [Fact]
    public void A_receipted_event_that_is_not_shown_is_lost()
    {
        var verdict = Judge(Ledger(Sale, [Allowed, Completed]), Stored("Completed", [Allowed, Completed], Sale[..2]));

        Assert.Equal(1, verdict.Lost);
        Assert.Contains("shipment.completed", verdict.Findings.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_order_that_is_not_shown_at_all_has_lost_all_its_events()
    {
        var verdict = Verdict.Of([Ledger(Sale[..1], [])], [], [], [], End, End);

        Assert.Equal(1, verdict.Lost);
        Assert.Equal(1, verdict.Open);
    }

    [Fact]
    public void An_event_that_was_rejected_or_set_aside_is_not_lost()
    {
        LedgerEvent[] sent = [.. Sale, Event("e4", new OrderEvent.Cancelled()), Event("e5", new OrderEvent.Cancelled()) with { Status = ReceiptStatus.Rejected }];

        var verdict = Verdict.Of([Ledger(sent, [Allowed, Completed])], [Stored("Completed", [Allowed, Completed], Sale)], ["e4"], [], End, End);

        Assert.Equal(0, verdict.Lost);
        Assert.Equal(1, verdict.SetAside);
    }

    [Fact]
    public void A_decision_that_did_not_reach_the_machine_is_lost()
    {
        var verdict = Judge(Ledger(Sale, [Allowed]), Stored("Completed", [Allowed, Completed], Sale));

        Assert.Equal(1, verdict.Lost);
        Assert.Contains("did not reach", verdict.Findings.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_decision_that_only_the_machine_knows_is_lost_unless_it_came_after_the_reading()
    {
        var ledger = Ledger(Sale[..2], [Allowed]);
        var stored = Stored("Paid", [], Sale[..2]);

        Assert.Equal(1, Verdict.Of([ledger], [stored], [], [], Start, End).Lost);
        Assert.Equal(0, Verdict.Of([ledger], [stored], [], [], Start, Start).Lost);
    }

    [Fact]
    public void A_paid_order_without_any_decision_is_lost_once_it_was_due()
    {
        var ledger = Ledger(Sale[..2], []);
        var stored = Stored("Paid", [], Sale[..2]);

        Assert.Equal(1, Judge(ledger, stored).Lost);
        Assert.Equal(0, Verdict.Of([ledger], [stored], [], [], dueBefore: Start, readAt: End).Lost);
    }

    [Fact]
    public void A_shipped_order_that_is_not_completed_is_lost()
    {
        Assert.Equal(1, Judge(Ledger(Sale, [Allowed]), Stored("Unresolved", [Allowed], Sale)).Lost);
    }

    [Fact]
    public void A_cancelled_order_that_is_not_closed_is_lost()
    {
        LedgerEvent[] sent = [Event("e1", Terms), Event("e2", new OrderEvent.Cancelled())];

        Assert.Equal(1, Judge(Ledger(sent, []), Stored("Created", [], sent)).Lost);
    }

    [Fact]
    public void A_second_payment_that_is_not_given_back_is_lost()
    {
        LedgerEvent[] sent = [.. Sale, Event("e4", new OrderEvent.PaymentSucceeded(PaymentId.Parse("p2"), 250))];

        Assert.Equal(1, Judge(Ledger(sent, [Allowed, Completed]), Stored("Completed", [Allowed, Completed], sent)).Lost);
    }

    [Fact]
    public void A_provider_payment_that_was_told_and_is_not_shown_is_lost()
    {
        var ledger = Ledger(Sale[..1], []) with { Payments = [new LedgerPayment(PaymentId.Parse("pay_1"), 250, End)] };
        var stored = Stored("Created", [], Sale[..1]);

        Assert.Equal(1, Judge(ledger, stored).Lost);
        Assert.Equal(0, Verdict.Of([ledger], [stored], [], untold: ["pay_1"], End, End).Lost);
    }

    [Fact]
    public void A_kind_that_was_decided_twice_is_doubled()
    {
        var again = Allowed with { Version = 3 };

        var verdict = Judge(Ledger(Sale, [Allowed, Completed, again]), Stored("Completed", [Allowed, Completed, again], Sale));

        Assert.Equal(1, verdict.Doubled);
        Assert.Equal(0, verdict.Lost);
    }

    [Fact]
    public void Two_refunds_of_one_payment_are_doubled_and_of_two_payments_are_not()
    {
        var first = new Decision(Order, 3, DecisionKinds.RefundDue, "surplus", Start, Refund: new RefundOrder("r1", PaymentId.Parse("p2"), 250, Euro));
        var same = first with { Version = 4, Refund = first.Refund! with { RefundId = "r2" } };
        var other = first with { Version = 4, Refund = first.Refund! with { PaymentId = PaymentId.Parse("p3") } };

        Assert.Equal(1, Judge(Ledger(Sale, [Allowed, Completed, first, same]), Stored("Completed", [Allowed, Completed, first, same], Sale)).Doubled);
        Assert.Equal(0, Judge(Ledger(Sale, [Allowed, Completed, first, other]), Stored("Completed", [Allowed, Completed, first, other], Sale)).Doubled);
    }

    [Fact]
    public void A_decision_told_in_two_ways_is_doubled()
    {
        var verdict = Judge(Ledger(Sale[..2], [Allowed with { Kind = DecisionKinds.TradeClosed }]), Stored("ShipmentAllowed", [Allowed], Sale[..2]));

        Assert.Equal(1, verdict.Doubled);
    }

    [Fact]
    public void A_decision_handed_over_twice_is_doubled()
    {
        Assert.Equal(1, Judge(Ledger(Sale[..2], [Allowed, Allowed]), Stored("ShipmentAllowed", [Allowed], Sale[..2])).Doubled);
    }

    private static Verdict Judge(LedgerPage ledger, StoredOrder stored) => Verdict.Of([ledger], [stored], [], [], End, End);

    private static LedgerEvent Event(string id, OrderEvent body) => new(EventId.Parse(id), body, ReceiptStatus.Accepted, Start);

    private static LedgerPage Ledger(LedgerEvent[] events, Decision[] decisions)
    {
        return new LedgerPage(Machine, Order, Terms, events, [], [.. decisions.Select(decision => new LedgerDecision(decision, Start))]);
    }

    private static StoredOrder Stored(string status, Decision[] decisions, LedgerEvent[] events)
    {
        return new StoredOrder(Machine, Order, status, decisions, [.. events.Select(e => new StoredEvent(
            e.Id.Value, e.Body.Type, new StoredEventData((e.Body as OrderEvent.PaymentSucceeded)?.PaymentId.Value)))]);
    }
}
