namespace PaymentMonitor.Server;

/// <summary>One thing that the doctor looked at.</summary>
/// <param name="About">What was looked at, for example <c>disk</c>.</param>
/// <param name="Said">What was found, as one sentence.</param>
/// <param name="Remedy">What to do; null where all is well.</param>
internal sealed record Finding(Health Health, string About, string Said, string? Remedy = null)
{
    internal static Finding Well(string about, string said) => new(Health.Well, about, said);

    internal static Finding Doubtful(string about, string said, string remedy) => new(Health.Doubtful, about, said, remedy);

    internal static Finding Ill(string about, string said, string remedy) => new(Health.Ill, about, said, remedy);
}

/// <summary>How bad it is.</summary>
internal enum Health
{
    Well,

    /// <summary>It works, and may stop working.</summary>
    Doubtful,

    /// <summary>A server does not start, or loses what it needs.</summary>
    Ill,
}
