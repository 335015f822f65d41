using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Gives the verdicts that take longer than a look at memory: a machine's limit is counted over its orders of the last hour, and
/// the risk service is asked, where there is one. The verdict goes into the log as an event of the order. Whoever does not answer
/// in time is stood in for by the policy, which the rules apply by themselves.
/// </summary>
public sealed partial class RiskReview(
    RiskDesk desk, OrderOptions options, IOrders orders, IEventLog log, TimeProvider time, IMeterFactory meters, ILogger<RiskReview> logger, RiskServiceClient? service = null)
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private readonly Counter<long> _verdicts =
        meters.Create(Telemetry.Meter).CreateCounter<long>("paymentmonitor.risk.reviews", "{verdict}", "Verdicts given outside the order loop, by who gave them; none: nobody answered in time.");

    /// <summary>The verdict was asked for in this change of the order, and nobody gave it there.</summary>
    public static bool IsAsked(Order? before, Order after)
    {
        ArgumentNullException.ThrowIfNull(after);
        return after is { VerdictAskedAt: not null, Version: 0 }
            && before?.VerdictAskedAt is null
            && !after.Envelopes.Any(envelope => envelope.Event.Body is OrderEvent.Assessed);
    }

    /// <summary>Never throws but for its own cancellation: an order without a verdict gets the policy's.</summary>
    public async Task ReviewAsync(Order order, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(order);
        var terms = order.Envelopes.Select(envelope => envelope.Event.Body).OfType<OrderEvent.Created>().First();
        try
        {
            var verdict = await JudgeAsync(order, terms, cancellationToken);
            // Not the whole name: what a service calls itself may be another for each order.
            _verdicts.Add(1, new("by", verdict?.By.Split('/')[0] ?? "none"), new("verdict", verdict?.Verdict ?? "none"));
            if (verdict is null)
            {
                return;
            }

            // The kill switch may have been thrown while somebody was asked.
            verdict = desk.Rules.Refuse(order.MachineId, terms) ?? verdict;
            var assessed = Verdicts.Event(order.OrderId, verdict, time.GetUtcNow());
            await log.AppendAsync(new Report(order.MachineId, EventSource.System, assessed, EventJson.ToBytes(assessed)), cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NoVerdict(logger, order.MachineId, order.OrderId, e);
        }
    }

    private async Task<OrderEvent.Assessed?> JudgeAsync(Order order, OrderEvent.Created terms, CancellationToken cancellationToken)
    {
        if (desk.Rules.LimitOf(order.MachineId) is { } limit && await IsOverAsync(limit, order, terms, cancellationToken))
        {
            return new OrderEvent.Assessed(OrderEvent.Assessed.Deny, limit.Scope is RiskScope.Machine ? "limit/machine" : "limit/fleet");
        }

        if (service is not null)
        {
            return await service.AskAsync(order, terms, cancellationToken);
        }

        // Within its limit, and nobody else to ask.
        return Verdicts.Policy(terms.Amount, options);
    }

    private async Task<bool> IsOverAsync(RiskEntry limit, Order order, OrderEvent.Created terms, CancellationToken cancellationToken)
    {
        const int PageSize = 200;
        var now = order.Clock;
        var (count, amount) = (1L, terms.Amount);
        var query = new OrderQuery(order.MachineId, From: now - Window - TimeSpan.FromSeconds(OrderEvent.Created.MaxExpiresInSeconds), Limit: PageSize);
        do
        {
            var page = await orders.ListAsync(query, cancellationToken);
            foreach (var other in page.Orders)
            {
                if (other.OrderId != order.OrderId && AllowedAt(other) is { } at && at > now - Window)
                {
                    count++;
                    amount += AmountOf(other);
                }
            }

            if (count > limit.OrdersPerHour || amount > limit.AmountPerHour)
            {
                return true;
            }

            query = query with { Continuation = page.Continuation };
        }
        while (query.Continuation is not null);

        return false;
    }

    private static DateTimeOffset? AllowedAt(Order order) => order.Decisions.FirstOrDefault(decision => decision.Kind == DecisionKinds.ShipmentAllowed)?.DecidedAt;

    private static long AmountOf(Order order) => order.Envelopes.Select(envelope => envelope.Event.Body).OfType<OrderEvent.Created>().First().Amount;

    private static partial class Log
    {
        [LoggerMessage(6110, LogLevel.Warning, "Order {Order} of machine {Machine} gets the policy's verdict: the review failed")]
        internal static partial void NoVerdict(ILogger logger, MachineId machine, OrderId order, Exception exception);
    }
}
