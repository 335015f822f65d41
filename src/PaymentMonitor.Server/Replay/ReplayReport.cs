using System.Text.Json;
using System.Text.Json.Serialization;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Server;

/// <summary>How the orders of a recorded history ended, sorted by machine and order, and which lines did not count.</summary>
internal sealed record ReplayReport(IReadOnlyList<ReplayedOrder> Orders, IReadOnlyList<ReplaySetAside> SetAside)
{
    internal string ToJson() => JsonSerializer.Serialize(this, ReplayJson.Default.ReplayReport);
}

/// <param name="Paid">What counted as paid, in minor units.</param>
/// <param name="Refunded">What of it is back with the customer.</param>
internal sealed record ReplayedOrder(
    string MachineId,
    string OrderId,
    OrderStatus Status,
    IReadOnlyList<ReplayedDecision> Decisions,
    long Paid,
    long Refunded,
    IReadOnlyList<string> Flags)
{
    internal static ReplayedOrder Of(Order order)
    {
        var money = OrderMoney.Of(order);
        return new ReplayedOrder(
            order.MachineId.Value,
            order.OrderId.Value,
            order.Status,
            [.. order.Decisions.Select(d => new ReplayedDecision(d.Version, d.Kind, d.Reason, d.DecidedAt.UtcDateTime, d.Refund))],
            money.Paid,
            money.Refunded,
            order.Flags);
    }
}

internal sealed record ReplayedDecision(int Version, string Kind, string Reason, DateTime DecidedAt, RefundOrder? Refund);

/// <param name="Line">Counted from 1.</param>
internal sealed record ReplaySetAside(int Line, string Reason);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ReplayReport))]
internal sealed partial class ReplayJson : JsonSerializerContext;
