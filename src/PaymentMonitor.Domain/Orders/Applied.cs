namespace PaymentMonitor.Domain;

/// <summary>What applying one envelope gave.</summary>
/// <param name="Order">The order as it stands now, with everything that was decided.</param>
/// <param name="AsksVerdict">The risk verdict is needed for the first time: true once in an order's life.</param>
/// <param name="AsksProvider">The payment provider's word is needed now, and stays needed while this stays true.</param>
public sealed record Applied(Order Order, Acceptance Acceptance, bool AsksVerdict, bool AsksProvider);
