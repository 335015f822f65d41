using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Simulator;

/// <summary>One machine of the fleet: it reports what its schedule says, ships what it may ship, and gives back what it must.</summary>
internal sealed class SimulatedMachine : IAsyncDisposable
{
    private readonly FleetRun _run;
    private readonly Dictionary<OrderId, OrderRun> _orders = [];
    private readonly Lock _lock = new();
    private readonly Task _reading;

    internal SimulatedMachine(FleetRun run, MachineClientOptions options, ILogger<MachineClient>? logger)
    {
        _run = run;
        MachineId = options.MachineId;
        Client = new MachineClient(options with { PermissionExpired = Expired }, logger);
        _reading = ReadDecisionsAsync();
    }

    internal MachineId MachineId { get; }

    internal MachineClient Client { get; }

    internal OrderRun Open(OrderId orderId, PaymentReference reference, OrderPlan plan)
    {
        var order = new OrderRun(this, orderId, reference, plan);
        lock (_lock)
        {
            _orders.Add(orderId, order);
        }

        return order;
    }

    internal IReadOnlyList<OrderLedger> Ledgers()
    {
        lock (_lock)
        {
            return [.. _orders.Values.Select(order => order.Ledger)];
        }
    }

    /// <param name="intended">When it is to be sent by the schedule; latencies run from there, however late this call is.</param>
    internal async Task ReportAsync(OrderRun order, ReportedEvent reported, TimeSpan intended)
    {
        MachineReport report;
        try
        {
            report = await Client.ReportAsync(reported);
        }
        catch (ReportRefusedException)
        {
            // A real machine would have to wait as well; nothing is lost, the event keeps its id and its place.
            _run.Reports.Add(new Step.Report(order, reported.Body, Stamped: reported), intended + TimeSpan.FromSeconds(1));
            return;
        }

        _run.Counters.Sent();
        order.Sent(reported.Body, intended);
        try
        {
            var receipt = await report.Receipt;
            _run.Latencies.Receipt(_run.Clock.Now - intended);
            _run.Counters.Receipted(receipt.Status);
            order.Ledger.Receipted(reported, receipt.Status, _run.Clock.WallNow);
        }
        catch (OperationCanceledException)
        {
            // The fleet ended first: an event without a receipt is nobody's promise.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await _reading;
    }

    private async Task ReadDecisionsAsync()
    {
        await foreach (var handed in Client.ReadDecisionsAsync())
        {
            var now = _run.Clock.Now;
            _run.Counters.Decided();

            // Without an order here it belongs to an earlier run of this fleet.
            if (Find(handed.OrderId) is { } order)
            {
                Act(order, handed.Decision, now);
            }
        }
    }

    /// <summary>It arrived too late to act on, and the client has reported that.</summary>
    private void Expired(Decision decision)
    {
        _run.Counters.Decided();
        Find(decision.OrderId)?.Ledger.Decided(decision, _run.Clock.WallNow);
    }

    private OrderRun? Find(OrderId orderId)
    {
        lock (_lock)
        {
            return _orders.GetValueOrDefault(orderId);
        }
    }

    private void Act(OrderRun order, Decision decision, TimeSpan now)
    {
        order.Ledger.Decided(decision, _run.Clock.WallNow);
        if (order.Decided(decision, now) is { } latency)
        {
            _run.Latencies.Decision(order.Plan.Terms.Channel.Value, latency);
        }

        var plan = order.Plan;
        if (decision.Kind == DecisionKinds.ShipmentAllowed)
        {
            OrderEvent outcome = decision.ValidUntil < Client.Now + plan.Shipping ? new OrderEvent.ShipmentFailed("expired")
                : plan.ShipmentFails ? new OrderEvent.ShipmentFailed("jam")
                : new OrderEvent.ShipmentCompleted();
            _run.Reports.Add(new Step.Report(order, outcome), now + plan.Shipping);
        }
        else if (decision is { Kind: DecisionKinds.RefundDue, Refund: { } refund } && !plan.ByProvider)
        {
            _run.Reports.Add(new Step.Report(order, new OrderEvent.RefundCompleted(refund.PaymentId)), now + plan.Refunding);
        }
    }
}
