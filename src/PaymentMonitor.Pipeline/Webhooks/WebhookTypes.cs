using System.Collections.Immutable;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>What webhooks tell: the notices of an order, and the test that an integrator asks for.</summary>
public static class WebhookTypes
{
    /// <summary>Sent when somebody asks for it, whatever the endpoint has subscribed to.</summary>
    public const string Test = "webhook.test";

    /// <summary>The types that can be subscribed to.</summary>
    public static ImmutableArray<string> All { get; } =
    [
        NoticeTypes.OrderCreated,
        NoticeTypes.OrderPaid,
        DecisionKinds.ShipmentAllowed,
        DecisionKinds.TradeCompleted,
        DecisionKinds.TradeClosed,
        DecisionKinds.RefundDue,
        NoticeTypes.RefundCompleted,
        NoticeTypes.OrderUnresolved,
        NoticeTypes.OrderResolved,
    ];

    /// <summary>Whether a notice is a decision told to business systems too.</summary>
    public static bool IsDecision(string type) =>
        type is DecisionKinds.ShipmentAllowed or DecisionKinds.TradeCompleted or DecisionKinds.TradeClosed or DecisionKinds.RefundDue;
}
