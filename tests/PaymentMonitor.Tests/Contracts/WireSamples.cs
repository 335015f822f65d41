using PaymentMonitor.Contracts;

namespace PaymentMonitor.Tests.Contracts;

/// <summary>One of everything that goes over the wire, with every field set in one sample of its kind at least.</summary>
internal static class WireSamples
{
    internal static readonly DateTimeOffset Noon = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddTicks(1_234_567);

    private static readonly Decision Allow =
        new(OrderId.Parse("o-1"), 1, DecisionKinds.ShipmentAllowed, "paid", Noon, Noon.AddSeconds(60), Trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

    private static readonly Decision Refund =
        new(OrderId.Parse("o-1"), 2, DecisionKinds.RefundDue, "surplus", Noon, Refund: new RefundOrder("o-1/p:1", PaymentId.Parse("p:1"), 250, Currency.Parse("EUR")));

    internal static IReadOnlyList<OrderEvent> Bodies { get; } =
    [
        new OrderEvent.Created(250, Currency.Parse("EUR"), Channel.Parse("qr"), 120, PaymentReference.Parse("ref-1"), "SPRING"),
        new OrderEvent.Created(OrderEvent.MaxAmount, Currency.Parse("EUR"), Channel.Parse("cash"), OrderEvent.Created.MaxExpiresInSeconds),
        new OrderEvent.Cancelled(),
        new OrderEvent.PaymentStarted(),
        new OrderEvent.PaymentSucceeded(PaymentId.Parse("p:1"), 250, Currency.Parse("EUR")),
        new OrderEvent.PaymentSucceeded(PaymentId.Parse("p:1"), 1),
        new OrderEvent.PaymentFailed("declined: 余额不足"),
        new OrderEvent.PaymentFailed(""),
        new OrderEvent.PaymentChecked("unpaid"),
        new OrderEvent.ShipmentCompleted(),
        new OrderEvent.ShipmentFailed(new string('x', 256)),
        new OrderEvent.RefundCompleted(PaymentId.Parse("p:1")),
        new OrderEvent.RefundCompleted(PaymentId.Parse("p:1"), "shop"),
        new OrderEvent.RefundFailed(PaymentId.Parse("p:1"), "closed account"),
        new OrderEvent.RefundFailed(PaymentId.Parse("p:1"), "closed account", "shop"),
        new OrderEvent.AskedLate(OrderEvent.AskedLate.Verdict),
        new OrderEvent.Assessed(OrderEvent.Assessed.Deny, "deny-list"),
        new OrderEvent.TimedOut("shipment"),
        new OrderEvent.Due(),
        new OrderEvent.Resolved("refunded-by-hand", "anna", "the customer called"),
        new OrderEvent.DecisionsLost(3),
    ];

    internal static IReadOnlyList<ReportedEvent> Events { get; } =
    [
        .. Bodies.Select(body => new ReportedEvent(EventId.Parse("01J8Z"), OrderId.Parse("o-1"), body, Noon, Noon.AddMilliseconds(7), Offline: true, Boot: 1_774_000_000_000, Seq: 41)),
        new ReportedEvent(EventId.Parse("e"), OrderId.Parse("o"), new OrderEvent.Cancelled(), DateTimeOffset.UnixEpoch),
        new ReportedEvent(EventId.Parse("e"), OrderId.Parse("o"), new OrderEvent.Cancelled(), DateTimeOffset.UnixEpoch, Trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        new ReportedEvent(EventId.Parse("e"), OrderId.Parse("o"), new OrderEvent.Cancelled(), DateTimeOffset.UnixEpoch.AddTicks(-1), Boot: 0, Seq: 0),
        new ReportedEvent(EventId.Parse(new string('e', EventId.MaxLength)), OrderId.Parse(new string('o', OrderId.MaxLength)), new OrderEvent.Due(), DateTimeOffset.MaxValue, DateTimeOffset.MinValue, Boot: long.MaxValue, Seq: long.MaxValue),
    ];

    internal static IReadOnlyList<ServerMessage> ServerMessages { get; } =
    [
        Receipt.Accepted("e1") with { ServerTime = Noon },
        Receipt.Accepted("e1"),
        Receipt.Rejected(null, new NamedError("malformed", "The event is not one JSON object.")),
        Receipt.Retry("e1", new NamedError("unavailable", "The disk is full."), TimeSpan.FromSeconds(2)),
        Allow,
        Refund,
        new SyncAnswer([Allow, Refund], [new ResendRange(7, 3, 5), new ResendRange(8, 1, 1)]) { ServerTime = Noon },
        new SyncAnswer([], []),
    ];

    internal static IReadOnlyList<SyncRequest> SyncRequests { get; } =
    [
        new([], null),
        new([new Confirmation(OrderId.Parse("o-1"), 2), new Confirmation(OrderId.Parse("o-2"), 1)], new SeenUpTo(7, 41), new SeenUpTo(6, 12)),
        new([], new SeenUpTo(0, 0)),
    ];
}
