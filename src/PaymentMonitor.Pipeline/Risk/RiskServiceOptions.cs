namespace PaymentMonitor.Pipeline;

/// <summary>How a risk service is reached.</summary>
public sealed record RiskServiceOptions
{
    /// <summary>Where questions are posted to, absolute.</summary>
    public required Uri Address { get; init; }

    /// <summary>Sent as <c>Authorization: Bearer</c>, if there is one.</summary>
    public string? ApiKey { get; init; }

    /// <summary>One attempt and no second: the rules wait for a second in all, and the way through the log takes some of it.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(800);
}
