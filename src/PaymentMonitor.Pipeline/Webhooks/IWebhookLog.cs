using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>The delivery log: what was attempted, and what came of it. Written by <see cref="IWebhookCursors.ChangeAsync"/>.</summary>
public interface IWebhookLog
{
    /// <summary>Attempts that match every given condition, newest first; a page at a time.</summary>
    /// <exception cref="FormatException">The continuation is none that a page gave.</exception>
    ValueTask<AttemptPage> ListAsync(AttemptQuery query, CancellationToken cancellationToken);

    /// <summary>What became of an endpoint's deliveries since a moment.</summary>
    ValueTask<DeliveryStatistics> StatisticsAsync(string endpointId, DateTimeOffset since, CancellationToken cancellationToken);
}

/// <param name="Order">Needs <paramref name="MachineId"/>.</param>
/// <param name="Limit">1 to 1,000 attempts a page.</param>
public sealed record AttemptQuery(
    string EndpointId,
    MachineId? MachineId = null,
    OrderId? Order = null,
    AttemptOutcome? Outcome = null,
    int Limit = 100,
    string? Continuation = null);

public sealed record AttemptPage(IReadOnlyList<DeliveryAttempt> Attempts, string? Continuation);

/// <param name="Delivered">Attempts that succeeded.</param>
/// <param name="Failed">Attempts that failed and were or will be repeated.</param>
/// <param name="Parked">Notices that were given up.</param>
/// <param name="Waiting">Orders for which something is to be delivered now, or waits for its next attempt.</param>
/// <param name="DurationMsP50">Of the attempts that succeeded; null without any.</param>
/// <param name="LastFailureAt">Null without one.</param>
public sealed record DeliveryStatistics(
    long Delivered, long Failed, long Parked, long Waiting, int? DurationMsP50, int? DurationMsP95, DateTimeOffset? LastDeliveryAt, DateTimeOffset? LastFailureAt);
