using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>Risk verdicts: who may give one is up to the caller, how it is recorded is a rule.</summary>
public static class Verdicts
{
    public const string ByPolicy = "policy";

    /// <summary>The verdict where no risk source gives one: approve up to an amount, deny above it.</summary>
    public static OrderEvent.Assessed Policy(long amount, OrderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new OrderEvent.Assessed(amount <= options.PolicyApprovesUpTo ? OrderEvent.Assessed.Approve : OrderEvent.Assessed.Deny, ByPolicy);
    }

    /// <summary>A verdict as an event of the order. Its id is the same for every verdict, so that only the first one counts.</summary>
    public static ReportedEvent Event(OrderId orderId, OrderEvent.Assessed verdict, DateTimeOffset now)
    {
        return new ReportedEvent(EventId.Parse($"{orderId}/{Name}"), orderId, verdict, now);
    }

    internal const string Name = "assessed";
}
