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
    private readonly MachineClientOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<MachineClient>? _logger;
    private volatile Program _program;
    private volatile bool _isEnding;

    internal SimulatedMachine(FleetRun run, MachineClientOptions options, TimeProvider time, ILogger<MachineClient>? logger)
    {
        _run = run;
        _options = options with { PermissionExpired = Expired };
        _time = time;
        _logger = logger;
        MachineId = options.MachineId;
        _program = Start();
    }

    internal MachineId MachineId { get; }

    internal MachineClient Client => _program.Client;

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

    /// <summary>Ends the machine's program and starts it anew over its journal; what it was doing meanwhile waits.</summary>
    internal async Task RestartAsync()
    {
        var old = _program;
        await EndAsync(old);
        _program = Start();
        old.Replaced.SetResult();
        _ = _program.Client.ConnectAsync();
    }

    /// <param name="intended">When it is to be sent by the schedule; latencies run from there, however late this call is.</param>
    internal async Task ReportAsync(OrderRun order, ReportedEvent reported, TimeSpan intended)
    {
        var program = _program;
        MachineReport report;
        try
        {
            report = await program.Client.ReportAsync(reported);
        }
        catch (Exception e) when (e is ReportRefusedException || (e is ObjectDisposedException or OperationCanceledException && !_isEnding))
        {
            // A real machine would have to wait as well; nothing is lost, the event keeps its id and its place.
            _run.Reports.Add(new Step.Report(order, reported.Body, Stamped: reported), intended + TimeSpan.FromSeconds(1));
            return;
        }

        _run.Counters.Sent();
        order.Sent(reported.Body, intended);
        if (await ReceiptAsync(program, report) is { } receipt)
        {
            _run.Latencies.Receipt(_run.Clock.Now - intended);
            _run.Counters.Receipted(receipt.Status);
            order.Ledger.Receipted(reported, receipt.Status, _run.Clock.WallNow);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _isEnding = true;
        await EndAsync(_program);
    }

    private static async Task EndAsync(Program program)
    {
        await program.Client.DisposeAsync();
        await program.Reading;
    }

    private Program Start()
    {
        var client = new MachineClient(_options, _time, Random.Shared, _logger);
        return new Program(client, ReadDecisionsAsync(client));
    }

    /// <summary>Follows the event over restarts of the program.</summary>
    /// <returns>Null: it got none before the fleet ended, or the journal has lost it.</returns>
    private async Task<Receipt?> ReceiptAsync(Program program, MachineReport report)
    {
        while (true)
        {
            try
            {
                return await report.Receipt;
            }
            catch (OperationCanceledException) when (!_isEnding)
            {
                await program.Replaced.Task;
                program = _program;
                if (program.Client.Waiting(report.Event.Id) is not { } again)
                {
                    return null;
                }

                report = again;
            }
            catch (OperationCanceledException)
            {
                // The fleet ended first: an event without a receipt is nobody's promise.
                return null;
            }
        }
    }

    private async Task ReadDecisionsAsync(MachineClient client)
    {
        await foreach (var handed in client.ReadDecisionsAsync())
        {
            var now = _run.Clock.Now;

            // Without an order here it belongs to an earlier run of this fleet. What is uncertain was acted on here: the simulated
            // shelf, like a real one, knows what it has given.
            if (Find(handed.OrderId) is { } order && !(handed.Uncertain && order.Ledger.Knows(handed.Decision)))
            {
                _run.Counters.Decided();
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

    /// <summary>The program between two starts.</summary>
    private sealed record Program(MachineClient Client, Task Reading)
    {
        internal TaskCompletionSource Replaced { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
