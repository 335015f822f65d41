using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// A decision for the machine to act on. What it takes to be done with it: a shipment by reporting <c>shipment.completed</c> or
/// <c>shipment.failed</c>; everything else, also a refund, by asking for the next decision.
/// </summary>
/// <param name="Uncertain">
/// It was handed over before, and the machine went down before it was done: nobody knows how far it came. A shipment may be out
/// already: ask the sensor, and report what it says; ship only if it is certain that nothing was, and before
/// <see cref="Decision.ValidUntil"/>. A refund may have been given already: ask the terminal or the coin unit.
/// </param>
public sealed record MachineDecision(Decision Decision, bool Uncertain)
{
    public OrderId OrderId => Decision.OrderId;

    /// <summary>One of <see cref="DecisionKinds"/>.</summary>
    public string Kind => Decision.Kind;
}
