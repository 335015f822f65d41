using System.ComponentModel;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>A subscription as the API shows it: never with its secrets.</summary>
/// <param name="Status"><c>enabled</c>, <c>failing</c> (every delivery fails) or <c>disabled</c>.</param>
/// <param name="DisabledFor"><c>asked</c>, <c>gone</c> (it answered 410) or <c>failing</c> (for days).</param>
/// <param name="ValidSecrets">Two during a rotation.</param>
internal sealed record WebhookEndpointView(
    string Id,
    string Url,
    IReadOnlyList<string> Types,
    IReadOnlyList<string> Machines,
    string? Description,
    string Status,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FailingSince,
    DateTimeOffset? DisabledAt,
    string? DisabledFor,
    int ValidSecrets)
{
    internal static WebhookEndpointView Of(WebhookEndpoint endpoint, DateTimeOffset now) => new(
        endpoint.Id,
        endpoint.Url.AbsoluteUri,
        endpoint.Types,
        [.. endpoint.Machines.Select(machine => machine.Value)],
        endpoint.Description,
        endpoint switch { { IsEnabled: false } => "disabled", { FailingSince: not null } => "failing", _ => "enabled" },
        endpoint.CreatedAt,
        endpoint.FailingSince,
        endpoint.DisabledAt,
        endpoint.DisabledFor,
        endpoint.Secrets.Count(secret => secret.ValidUntil is not { } until || now < until));
}

internal sealed record WebhookEndpointsView(IReadOnlyList<WebhookEndpointView> Items);

/// <param name="Secret">Shown this once; null where none was made.</param>
internal sealed record WebhookSecretView(WebhookEndpointView Endpoint, string? Secret);

/// <param name="Error">A stable name where there was no answer, for example <c>timeout</c> or <c>address-refused</c>.</param>
internal sealed record WebhookTestView(bool Delivered, int? Status, string? Error, int DurationMs, string Answer)
{
    internal static WebhookTestView Of(DeliveryResult result) =>
        new(result.IsSuccess, result.Status, result.Error, (int)result.Duration.TotalMilliseconds, result.Answer);
}

/// <param name="WebhookId">The header <c>webhook-id</c>, the same at every attempt.</param>
/// <param name="Answer">The first bytes of the answer's body.</param>
internal sealed record AttemptView(
    string MachineId,
    string OrderId,
    int Notice,
    string WebhookId,
    string Type,
    int Attempt,
    DateTimeOffset Time,
    AttemptOutcome Outcome,
    int? Status,
    string? Error,
    int DurationMs,
    string Answer,
    DateTimeOffset? NextAt)
{
    internal static AttemptView Of(DeliveryAttempt attempt) => new(
        attempt.Key.Order.MachineId.Value,
        attempt.Key.Order.OrderId.Value,
        attempt.Notice,
        WebhookBody.Id(attempt.Key.Order, attempt.Notice),
        attempt.Type,
        attempt.Attempt,
        attempt.Time,
        attempt.Outcome,
        attempt.Status,
        attempt.Error,
        attempt.DurationMs,
        attempt.Answer,
        attempt.NextAt);
}

internal sealed record AttemptPageView(IReadOnlyList<AttemptView> Items, string? Continuation);

internal sealed record ResendRequest(string MachineId, string OrderId, int Notice);

internal sealed record RecoverRequest(
    [property: Description("Notices written at or after this moment.")] DateTimeOffset Since,
    [property: Description("Everything, also what was delivered; left out, only what was parked.")] bool All = false);

internal sealed record RecoverView(int Orders);

/// <param name="Waiting">Orders for which something is to be delivered.</param>
/// <param name="SuccessRate">From 0 to 1; null without an attempt.</param>
internal sealed record StatisticsView(
    DateTimeOffset Since,
    long Delivered,
    long Failed,
    long Parked,
    long Waiting,
    double? SuccessRate,
    int? DurationMsP50,
    int? DurationMsP95,
    DateTimeOffset? LastDeliveryAt,
    DateTimeOffset? LastFailureAt)
{
    internal static StatisticsView Of(DateTimeOffset since, DeliveryStatistics statistics)
    {
        var attempts = statistics.Delivered + statistics.Failed + statistics.Parked;
        return new StatisticsView(
            since,
            statistics.Delivered,
            statistics.Failed,
            statistics.Parked,
            statistics.Waiting,
            attempts == 0 ? null : (double)statistics.Delivered / attempts,
            statistics.DurationMsP50,
            statistics.DurationMsP95,
            statistics.LastDeliveryAt,
            statistics.LastFailureAt);
    }
}
