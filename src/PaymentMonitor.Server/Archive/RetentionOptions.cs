namespace PaymentMonitor.Server;

/// <summary>How long data stays in the store. Orders leave it only when they have ended and are in the archive.</summary>
internal sealed record RetentionOptions
{
    /// <summary>Events in the log, which an export shows.</summary>
    public TimeSpan Log { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Orders after their last event, once they have ended and their machine has confirmed it.</summary>
    public TimeSpan Orders { get; init; } = TimeSpan.FromDays(90);

    public TimeSpan DeadLetters { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Callbacks that were parked and are tried no more.</summary>
    public TimeSpan Parked { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Who changed the reference data, and why.</summary>
    public TimeSpan RiskHistory { get; init; } = TimeSpan.FromDays(730);

    /// <summary>How far the reports of a machine have come, after it was last heard of.</summary>
    public TimeSpan Progress { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How often what is too old is looked for.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Rows that one step removes; events are worked off between two steps.</summary>
    public int StepMax { get; init; } = 250;
}
