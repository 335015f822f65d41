namespace PaymentMonitor.Machine;

/// <summary>
/// Exponential backoff with full jitter: any moment up to a ceiling that doubles with each attempt. The whole range is random, so
/// that machines which lost their connections together do not come back together.
/// </summary>
public sealed record Backoff
{
    /// <summary>The ceiling of the first delay.</summary>
    public TimeSpan Base { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The highest ceiling.</summary>
    public TimeSpan Max { get; init; } = TimeSpan.FromSeconds(20);

    /// <param name="attempt">Counts the attempts that failed in a row, from 0.</param>
    public TimeSpan Next(int attempt, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfNegative(attempt);
        return random.NextDouble() * Ceiling(attempt);
    }

    internal TimeSpan Ceiling(int attempt) => TimeSpan.FromMilliseconds(Math.Min(Base.TotalMilliseconds * Math.Pow(2, attempt), Max.TotalMilliseconds));
}
