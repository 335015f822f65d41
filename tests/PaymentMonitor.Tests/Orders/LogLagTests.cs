using System.Collections.Immutable;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using static PaymentMonitor.Testing.Reports;

namespace PaymentMonitor.Tests.Orders;

/// <summary>Steps of an order whose log is a minute behind, and whose risk service has to be asked.</summary>
public sealed class LogLagTests
{
    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(60);

    private readonly OrderWorkflow _workflow = new(OrderOptions.Default, new RiskDesk(hasService: true));
    private ImmutableArray<Envelope> _log = [];
    private Order? _order;

    [Fact]
    public void An_order_that_was_paid_in_time_is_not_stale_because_its_verdict_was_asked_for_a_minute_late()
    {
        Receive(0, Created(Order1, Noon, "qr", "ref-1"));
        Receive(55, Provider("paid", new OrderEvent.PaymentSucceeded(PaymentId.Parse("p-1"), 500), 55));
        Assert.Equal(Noon.AddSeconds(116), _order!.Due);

        // Asked at 115, a minute after the payment; the answer has that long behind it too.
        Receive(115.5, System("assessed", new OrderEvent.Assessed(OrderEvent.Assessed.Approve, "risk-service"), 115.5));

        Assert.Equal(["shipment.allowed"], _order.Decisions.Select(decision => decision.Kind));
        Agree();
    }

    [Fact]
    public void A_denial_counts_although_the_second_was_over_before_anybody_could_be_asked()
    {
        Receive(0, Created(Order1, Noon, "qr", "ref-1"));
        Receive(10, Provider("paid", new OrderEvent.PaymentSucceeded(PaymentId.Parse("p-1"), 500), 10));
        Receive(12, Of(Order1, "started", new OrderEvent.PaymentStarted(), Noon.AddSeconds(12)));
        Assert.Empty(_order!.Decisions);

        Receive(70.5, System("assessed", new OrderEvent.Assessed(OrderEvent.Assessed.Deny, "risk-service"), 70.5));

        Assert.Equal(["trade.closed", "refund.due"], _order.Decisions.Select(decision => decision.Kind));
        Agree();
    }

    [Fact]
    public void A_verdict_that_does_not_come_is_the_policys_a_second_after_it_was_asked_for()
    {
        Receive(0, Created(Order1, Noon, "qr", "ref-1"));
        Receive(55, Provider("paid", new OrderEvent.PaymentSucceeded(PaymentId.Parse("p-1"), 500), 55));
        Receive(116, System("due", new OrderEvent.Due(), 116));

        Assert.Equal(["shipment.allowed"], _order!.Decisions.Select(decision => decision.Kind));
        Agree();
    }

    [Fact]
    public void A_provider_that_is_asked_late_is_waited_for()
    {
        Receive(20, Created(Order1, Noon, "qr", "ref-1"));

        // The wake for 65 could not be appended before 80, and reaches the order at 140.
        Receive(80, System("due", new OrderEvent.Due(), 80));
        Assert.Equal(ProviderErrands.Expiry, _order!.Errands);

        Receive(142, Provider("asked", new OrderEvent.PaymentSucceeded(PaymentId.Parse("p-1"), 500), 50));
        Receive(202.5, System("assessed", new OrderEvent.Assessed(OrderEvent.Assessed.Approve, "risk-service"), 202.5));

        Assert.Equal(["shipment.allowed"], _order.Decisions.Select(decision => decision.Kind));
        Agree();
    }

    [Fact]
    public void A_log_that_keeps_up_records_nothing()
    {
        Receive(0, Created(Order1, Noon, "qr", "ref-1"), lag: TimeSpan.FromMilliseconds(20));
        Receive(10, Provider("paid", new OrderEvent.PaymentSucceeded(PaymentId.Parse("p-1"), 500), 10), lag: TimeSpan.FromMilliseconds(20));

        Assert.Equal(2, _log.Length);
        Assert.Equal(Noon.AddSeconds(11), _order!.Due);
    }

    private static Report Provider(string id, OrderEvent body, double at) => Of(Order1, id, body, Noon.AddSeconds(at), EventSource.Provider);

    private static Report System(string id, OrderEvent body, double at) => Of(Order1, id, body, Noon.AddSeconds(at), EventSource.System);

    private void Receive(double at, Report report, TimeSpan? lag = null)
    {
        var receivedAt = Noon.AddSeconds(at);
        var envelope = EventTime.Stamp(report.Event, report.Source, report.MachineId, receivedAt, OrderOptions.Default);
        var worked = _workflow.Work(_order, envelope, receivedAt + (lag ?? Lag));
        _order = worked.Order;
        _log = [.. _log, .. worked.Ahead is { } ahead ? [ahead] : Array.Empty<Envelope>(), .. worked.Consumed];
    }

    // What stands in the log decides the same when it is run through the rules again.
    private void Agree()
    {
        var again = new Order(Order1.MachineId, Order1.OrderId);
        foreach (var envelope in _log)
        {
            again = OrderRules.Apply(again, envelope, OrderOptions.Default).Order;
        }

        Assert.Equal(_order!.Decisions, again.Decisions);
        Assert.Equal(_order.Status, again.Status);
    }
}
