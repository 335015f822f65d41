namespace PaymentMonitor.Pipeline;

/// <summary>One attempt to deliver one notice to one endpoint, as the delivery log keeps it.</summary>
/// <param name="Notice">The number of the notice in its order.</param>
/// <param name="Attempt">Counts the attempts of this notice, from 1; sending it again begins anew.</param>
/// <param name="Status">The HTTP status, or null where there was no answer.</param>
/// <param name="Error">Why there was none, or null: a stable name, one of <see cref="DeliveryErrors"/>.</param>
/// <param name="Answer">The first bytes of the answer's body, as text.</param>
/// <param name="NextAt">When it is tried again, or null.</param>
public sealed record DeliveryAttempt(
    CursorKey Key,
    int Notice,
    string Type,
    int Attempt,
    DateTimeOffset Time,
    AttemptOutcome Outcome,
    int? Status,
    string? Error,
    int DurationMs,
    string Answer,
    DateTimeOffset? NextAt);

public enum AttemptOutcome
{
    Delivered,

    /// <summary>It will be tried again.</summary>
    Failed,

    /// <summary>It failed and its schedule is over: it waits to be sent again by somebody, and the next notice goes.</summary>
    Parked,
}

/// <summary>Why a delivery got no answer.</summary>
public static class DeliveryErrors
{
    public const string Timeout = "timeout";

    /// <summary>Every address of the host is one that deliveries must not go to.</summary>
    public const string AddressRefused = "address-refused";

    public const string UnknownHost = "unknown-host";

    public const string ConnectionFailed = "connection-failed";

    public const string TlsFailed = "tls-failed";

    /// <summary>What came back was no HTTP, or broke off.</summary>
    public const string InvalidAnswer = "invalid-answer";

    /// <summary>The secret cannot be decrypted: the key of the host was changed. Rotate the endpoint's secret.</summary>
    public const string SecretUnreadable = "secret-unreadable";
}
