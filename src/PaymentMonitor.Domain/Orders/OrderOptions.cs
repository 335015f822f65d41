namespace PaymentMonitor.Domain;

/// <summary>The times and bounds of the rules. The defaults are those that the rules were proven with.</summary>
public sealed record OrderOptions
{
    public static OrderOptions Default { get; } = new();

    /// <summary>L: how long a decision against the customer waits for events that are still on their way.</summary>
    public TimeSpan AllowedLateness { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>An event reported online that is older than this on arrival has a clock nobody should believe.</summary>
    public TimeSpan OnlineClockBound { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a risk verdict may take before the policy stands in for it.</summary>
    public TimeSpan AssessmentTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Without a verdict, orders up to this amount (minor units) are approved and others denied.</summary>
    public long PolicyApprovesUpTo { get; init; } = long.MaxValue;

    /// <summary>How long after its deadline an order with a good payment may still be allowed.</summary>
    public TimeSpan StaleAfterDeadline { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a permission may be used.</summary>
    public TimeSpan PermissionValidity { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan UnknownOrderHold { get; init; } = TimeSpan.FromMinutes(15);

    public TimeSpan ProviderSilence { get; init; } = TimeSpan.FromMinutes(15);

    public TimeSpan ShipmentWindow { get; init; } = TimeSpan.FromSeconds(120);

    public TimeSpan RefundWindow { get; init; } = TimeSpan.FromHours(24);

    public int RefundFailuresMax { get; init; } = 3;

    public int MaxEnvelopes { get; init; } = 64;
}
