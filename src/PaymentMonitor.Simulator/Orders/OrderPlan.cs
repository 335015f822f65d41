using PaymentMonitor.Contracts;

namespace PaymentMonitor.Simulator;

/// <summary>How an order goes, as far as its customer and its machine decide that.</summary>
internal enum OrderCourse
{
    PaidAtOnce,
    FailedThenPaid,
    Abandoned,
    Cancelled,
    PaidTwice,
    PaidLate,
    ShipmentFails,
    Underpaid,
}

/// <summary>A step of an order that does not wait for a decision.</summary>
/// <param name="After">The time since the step before.</param>
internal abstract record PlannedStep(TimeSpan After)
{
    /// <summary>The machine reports.</summary>
    /// <param name="HeldBackBy">It happens in its turn and is sent this much later, behind what follows it.</param>
    /// <param name="RepeatedAfter">It is sent again, under the same id, this much later.</param>
    internal sealed record Report(TimeSpan After, OrderEvent Body, TimeSpan? HeldBackBy, TimeSpan? RepeatedAfter) : PlannedStep(After);

    /// <summary>The customer pays in the provider's app; the machine hears of it by a decision only.</summary>
    /// <param name="ClaimedAfter">The app tells the machine as well, which claims the payment this much later.</param>
    internal sealed record Pay(TimeSpan After, long Amount, string? Behaviour, TimeSpan? ClaimedAfter = null) : PlannedStep(After);
}

/// <summary>Everything about an order that chance decides, drawn at once so that a seed gives the same orders whatever the back end does.</summary>
internal sealed record OrderPlan(
    OrderCourse Course,
    OrderEvent.Created Terms,
    IReadOnlyList<PlannedStep> Steps,
    TimeSpan Shipping,
    bool ShipmentFails,
    TimeSpan Refunding)
{
    internal static readonly Channel Qr = Channel.Parse("qr");
    internal static readonly Channel CardTerminal = Channel.Parse("card-terminal");
    internal static readonly Channel Cash = Channel.Parse("cash");

    /// <summary>On this channel the provider has the word about payments; on the others the machine has.</summary>
    internal bool ByProvider => Terms.Channel == Qr;
}
