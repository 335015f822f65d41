namespace PaymentMonitor.Functions;

/// <summary>
/// The state of an order's entity: what is not in the order's document yet. It is empty, and then deleted, when there is nothing
/// to save and nothing to wait for.
/// </summary>
/// <param name="Attempts">How often saving has failed in a row.</param>
/// <param name="RetryAt">When saving is tried again.</param>
/// <param name="Due">What the alarm is set for.</param>
public sealed record OrderInbox(IReadOnlyList<LoggedEvent> Events, int Attempts, DateTimeOffset? RetryAt, DateTimeOffset? Due)
{
    internal static OrderInbox Empty { get; } = new([], 0, null, null);
}
