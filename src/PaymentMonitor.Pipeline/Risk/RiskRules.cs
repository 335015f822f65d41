using System.Collections.Frozen;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>The reference data as it is looked up: one moment of the <see cref="IRiskBook"/>, immutable, in memory.</summary>
public sealed class RiskRules
{
    private readonly FrozenDictionary<(RiskKind Kind, RiskScope Scope, string Value), RiskEntry> _entries;

    public RiskRules(IEnumerable<RiskEntry> entries) => _entries = entries.ToFrozenDictionary(entry => (entry.Kind, entry.Scope, entry.Value));

    public static RiskRules None { get; } = new([]);

    /// <returns>The verdict that refuses the order, or null where nothing here does.</returns>
    public OrderEvent.Assessed? Refuse(MachineId machineId, OrderEvent.Created terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        if (_entries.Count == 0)
        {
            return null;
        }

        return Find(RiskKind.Stop, RiskScope.Fleet, "")
            ?? Find(RiskKind.Stop, RiskScope.Machine, machineId.Value)
            ?? Find(RiskKind.Stop, RiskScope.Channel, terms.Channel.Value)
            ?? Find(RiskKind.Deny, RiskScope.Machine, machineId.Value)
            ?? Find(RiskKind.Deny, RiskScope.Channel, terms.Channel.Value)
            ?? (terms.CouponCode is { } coupon ? Find(RiskKind.Deny, RiskScope.Coupon, coupon) : null);
    }

    /// <summary>The machine's own limit, else the one for each machine.</summary>
    public RiskEntry? LimitOf(MachineId machineId)
    {
        return _entries.GetValueOrDefault((RiskKind.Limit, RiskScope.Machine, machineId.Value))
            ?? _entries.GetValueOrDefault((RiskKind.Limit, RiskScope.Fleet, ""));
    }

    private OrderEvent.Assessed? Find(RiskKind kind, RiskScope scope, string value)
    {
        return _entries.ContainsKey((kind, scope, value)) ? new OrderEvent.Assessed(OrderEvent.Assessed.Deny, By(kind, scope)) : null;
    }

    private static string By(RiskKind kind, RiskScope scope)
    {
        var list = kind is RiskKind.Stop ? "kill-switch" : "deny-list";
        return scope switch
        {
            RiskScope.Fleet => $"{list}/fleet",
            RiskScope.Machine => $"{list}/machine",
            RiskScope.Channel => $"{list}/channel",
            _ => $"{list}/coupon",
        };
    }
}
