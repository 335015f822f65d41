using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>What was set aside, kept until somebody has looked. Blobs in Azure, SQLite embedded.</summary>
public interface IDeadLetters
{
    /// <summary>Keeps a letter. Returns when it is durable; the same letter, set aside again on the same day, is one.</summary>
    ValueTask SetAsideAsync(DeadLetter letter, CancellationToken cancellationToken);

    /// <summary>Letters that match every given condition, those of one reason oldest first; a page at a time.</summary>
    /// <exception cref="FormatException">The continuation is not one that a page gave.</exception>
    ValueTask<DeadLetterPage> ListAsync(DeadLetterQuery query, CancellationToken cancellationToken);

    ValueTask<KeptDeadLetter?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Notes that a letter was put back. The letter stays, for whoever wants to know.</summary>
    ValueTask MarkReplayedAsync(string id, Replayed replayed, CancellationToken cancellationToken);
}

/// <param name="From">Set aside at or after.</param>
/// <param name="To">Set aside before.</param>
/// <param name="IsReplayed">Only those that were put back, or only those that were not; null for both.</param>
/// <param name="Limit">1 to 1,000 letters a page. A page may have fewer, and still not be the last.</param>
/// <param name="Continuation">The token of the page before, or null for the first.</param>
public sealed record DeadLetterQuery(
    string? Reason = null,
    MachineId? MachineId = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    bool? IsReplayed = null,
    int Limit = 100,
    string? Continuation = null);

public sealed record DeadLetterPage(IReadOnlyList<KeptDeadLetter> Letters, string? Continuation);
