using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// The durable log of everything that happened, in order per machine. Event Hubs in Azure, SQLite embedded.
/// </summary>
public interface IEventLog
{
    /// <summary>
    /// Stamps the report with its arrival and appends it under the machine's key. Returns when it is durable: only then may a
    /// receipt leave.
    /// </summary>
    /// <exception cref="LogUnavailableException">It is not durable and will not become so; the reporter should send it again.</exception>
    ValueTask AppendAsync(Report report, CancellationToken cancellationToken);
}

/// <summary>A reported event with what the edge knows of it: who says so and for which machine.</summary>
/// <param name="Raw">The event as JSON: as it came, or made from its Protocol Buffers form. Kept so that an export shows what was really sent.</param>
public sealed record Report(MachineId MachineId, EventSource Source, ReportedEvent Event, ReadOnlyMemory<byte> Raw)
{
    /// <summary>How often the event was set aside and put back before this append.</summary>
    public int Replays { get; init; }
}

/// <summary>The log cannot take events now (a full disk, a throttled hub). Nothing of the failed append is kept.</summary>
public sealed class LogUnavailableException : Exception
{
    public LogUnavailableException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>How long a reporter should wait before it sends the event again.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);
}
