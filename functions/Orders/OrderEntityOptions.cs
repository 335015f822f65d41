namespace PaymentMonitor.Functions;

/// <summary>How an entity behaves when it cannot save.</summary>
public sealed record OrderEntityOptions
{
    public static OrderEntityOptions Default { get; } = new();

    /// <summary>The wait after the first failure; it doubles with each further one.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    public TimeSpan DelayMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>After so many failures in a row the events are set aside: with these delays, after more than an hour.</summary>
    public int AttemptsMax { get; init; } = 80;

    /// <summary>How long one attempt may take.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Lost races in one attempt, after which it counts as failed.</summary>
    public int ConflictsMax { get; init; } = 8;

    /// <summary>Events that wait in one entity; more are set aside, because the state of an entity is bounded.</summary>
    public int EventsMax { get; init; } = 256;

    internal TimeSpan Delay(int attempts)
    {
        var doubled = FirstDelay * Math.Pow(2, Math.Min(attempts - 1, 30));
        return doubled < DelayMax ? doubled : DelayMax;
    }
}
