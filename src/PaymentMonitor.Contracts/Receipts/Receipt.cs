using System.Text.Json.Serialization;

namespace PaymentMonitor.Contracts;

/// <summary>The answer to one reported event. Accepted means that the event is durable.</summary>
/// <param name="Id">The event's id as it was sent, or null where none could be read.</param>
/// <param name="Error">Why it was not accepted.</param>
/// <param name="RetryAfterMs">For <see cref="ReceiptStatus.Retry"/>: send the same event again, under the same id, after this delay.</param>
public sealed record Receipt(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Id, ReceiptStatus Status, NamedError? Error = null, int? RetryAfterMs = null) : ServerMessage
{
    /// <summary>The back end's clock when it answered, from which a machine learns its own clock's error.</summary>
    public DateTimeOffset? ServerTime { get; init; }

    public static Receipt Accepted(string id) => new(id, ReceiptStatus.Accepted);

    public static Receipt Rejected(string? id, NamedError error) => new(id, ReceiptStatus.Rejected, error);

    public static Receipt Retry(string? id, NamedError error, TimeSpan after) => new(id, ReceiptStatus.Retry, error, (int)after.TotalMilliseconds);
}

[JsonConverter(typeof(JsonStringEnumConverter<ReceiptStatus>))]
public enum ReceiptStatus
{
    [JsonStringEnumMemberName("accepted")]
    Accepted,

    [JsonStringEnumMemberName("rejected")]
    Rejected,

    [JsonStringEnumMemberName("retry")]
    Retry,
}

/// <summary>A refusal: a stable name for programs, one sentence for people.</summary>
public sealed record NamedError(string Name, string Message);
