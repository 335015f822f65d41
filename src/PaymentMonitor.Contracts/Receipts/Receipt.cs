namespace PaymentMonitor.Contracts;

/// <summary>The answer to one reported event. Accepted means that the event is durable.</summary>
/// <param name="Id">The event's id as it was sent, or null where none could be read.</param>
/// <param name="Error">Why it was not accepted.</param>
/// <param name="RetryAfterMs">For <see cref="ReceiptStatus.Retry"/>: send the same event again, under the same id, after this delay.</param>
public sealed record Receipt(string? Id, ReceiptStatus Status, NamedError? Error = null, int? RetryAfterMs = null);

public enum ReceiptStatus
{
    Accepted,
    Rejected,
    Retry,
}

/// <summary>A refusal: a stable name for programs, one sentence for people.</summary>
public sealed record NamedError(string Name, string Message);
