namespace PaymentMonitor.Simulator;

/// <summary>What goes wrong on the way between a machine and the back end.</summary>
public sealed record NetworkFaults
{
    /// <summary>How often each connection is cut without a farewell, on average.</summary>
    public double DropsPerMinute { get; init; }

    /// <summary>How often each connection falls silent without being closed, on average: the machine must find out by itself.</summary>
    public double HalfOpensPerMinute { get; init; }

    /// <summary>Parts of the traffic that wait, in either direction.</summary>
    public double DelayedShare { get; init; }

    /// <summary>They wait for any time up to this.</summary>
    public TimeSpan LongestDelay { get; init; }

    internal bool IsAny => DropsPerMinute > 0 || HalfOpensPerMinute > 0 || DelayedShare > 0;
}
