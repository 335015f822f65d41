using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>What was delivered to an endpoint, what was not, and having it sent again.</summary>
internal static class DeliveriesApi
{
    private static readonly TimeSpan StatisticsOver = TimeSpan.FromHours(24);

    internal static void MapDeliveries(this IEndpointRouteBuilder routes)
    {
        var endpoint = routes.MapGroup("/api/webhooks/{endpointId}").WithTags("Webhooks");
        endpoint.MapGet("/deliveries", ListAsync).RequireAuthorization(Roles.Reader)
            .WithSummary("Attempts to deliver, newest first, by machine, order and outcome (delivered, failed, parked); a page at a time.");
        endpoint.MapGet("/statistics", StatisticsAsync).RequireAuthorization(Roles.Reader).WithSummary("What became of the deliveries since a moment (a day ago unless given).");
        endpoint.MapPost("/resend", ResendAsync).RequireAuthorization(Roles.Integrator).WithSummary("Sends one notice again.");
        endpoint.MapPost("/recover", RecoverAsync).RequireAuthorization(Roles.Integrator)
            .WithSummary("Sends again what was parked since a moment, or, with all, everything since then.");
    }

    private static async Task<Results<Ok<AttemptPageView>, ProblemHttpResult>> ListAsync(
        string endpointId,
        string? machineId,
        string? orderId,
        string? outcome,
        int? limit,
        string? continuation,
        IWebhookLog log,
        CancellationToken cancellationToken)
    {
        if (machineId is not null && !MachineId.TryParse(machineId, out _))
        {
            return Problems.Invalid(nameof(machineId), MachineId.Rule);
        }

        if (orderId is not null && (machineId is null || !OrderId.TryParse(orderId, out _)))
        {
            return Problems.Invalid(nameof(orderId), $"{OrderId.Rule}, and needs machineId");
        }

        if (outcome is not null && (!Enum.TryParse<AttemptOutcome>(outcome, ignoreCase: true, out var parsed) || !Enum.IsDefined(parsed)))
        {
            return Problems.Invalid(nameof(outcome), "one of Delivered, Failed, Parked");
        }

        if (limit is < 1 or > 1_000)
        {
            return Problems.Invalid(nameof(limit), "1 to 1,000");
        }

        var query = new AttemptQuery(
            endpointId,
            machineId is null ? null : MachineId.Parse(machineId),
            orderId is null ? null : OrderId.Parse(orderId),
            outcome is null ? null : Enum.Parse<AttemptOutcome>(outcome, ignoreCase: true),
            limit ?? 100,
            continuation);
        try
        {
            var page = await log.ListAsync(query, cancellationToken);
            return TypedResults.Ok(new AttemptPageView([.. page.Attempts.Select(AttemptView.Of)], page.Continuation));
        }
        catch (FormatException)
        {
            return Problems.Invalid(nameof(continuation), "the token of the page before, unchanged");
        }
    }

    private static async Task<Ok<StatisticsView>> StatisticsAsync(
        string endpointId, DateTimeOffset? since, IWebhookLog log, TimeProvider time, CancellationToken cancellationToken)
    {
        var from = since ?? time.GetUtcNow() - StatisticsOver;
        return TypedResults.Ok(StatisticsView.Of(from, await log.StatisticsAsync(endpointId, from, cancellationToken)));
    }

    private static async Task<Results<Accepted, ProblemHttpResult>> ResendAsync(
        string endpointId, ResendRequest request, WebhookRegistry registry, CancellationToken cancellationToken)
    {
        if (!MachineId.TryParse(request.MachineId, out var machineId))
        {
            return Problems.Invalid("machineId", MachineId.Rule);
        }

        if (!OrderId.TryParse(request.OrderId, out var orderId))
        {
            return Problems.Invalid("orderId", OrderId.Rule);
        }

        return await registry.ResendAsync(endpointId, new OrderKey(machineId, orderId), request.Notice, cancellationToken) is { } error
            ? Problems.Of(StatusCodes.Status404NotFound, error)
            : TypedResults.Accepted((string?)null);
    }

    private static async Task<Results<Accepted<RecoverView>, ProblemHttpResult>> RecoverAsync(
        string endpointId, RecoverRequest request, WebhookRegistry registry, CancellationToken cancellationToken)
    {
        return await registry.RecoverAsync(endpointId, request.Since, request.All, cancellationToken) is { } orders
            ? TypedResults.Accepted((string?)null, new RecoverView(orders))
            : WebhooksApi.Unknown(endpointId);
    }
}
