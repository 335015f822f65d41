namespace PaymentMonitor.Functions;

/// <summary>Events of one order, in the order of the log.</summary>
/// <remarks>Inputs of operations are records: a bare time would be taken for the time of the signal.</remarks>
public sealed record OrderBatch(IReadOnlyList<LoggedEvent> Events);

/// <summary>The one retry that is still wanted: an earlier one that comes late has another number of attempts.</summary>
public sealed record Retry(int Attempts);

/// <summary>The one alarm that is still wanted: the time it was set for is its generation.</summary>
public sealed record Alarm(DateTimeOffset Due);
