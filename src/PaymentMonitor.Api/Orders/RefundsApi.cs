using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using EventId = PaymentMonitor.Contracts.EventId;

namespace PaymentMonitor.Api;

/// <summary>Business systems that make refunds themselves say how they went. Their word counts like the provider's, under their own name.</summary>
internal static partial class RefundsApi
{
    private const int MaxReason = 256;
    private const int MaxKey = 40;

    internal static void MapRefunds(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/orders/{machineId}/{orderId}/refunds/{refundId}", ReportAsync)
            .RequireAuthorization(Roles.Integrator)
            .WithTags("Orders")
            .WithSummary("A business system made a refund that was due, or failed to.")
            .WithDescription("202: it is durable. A completed refund may be reported again; a failure is told apart from its repeats by the header Idempotency-Key.");
    }

    private static async Task<Results<Accepted, ProblemHttpResult>> ReportAsync(
        string machineId,
        string orderId,
        string refundId,
        RefundOutcome body,
        [FromHeader(Name = "Idempotency-Key")] string? key,
        IOrders orders,
        IEventLog log,
        TimeProvider time,
        ILogger<RefundOutcome> logger,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (!MachineId.TryParse(machineId, out var machine))
        {
            return Problems.Invalid(nameof(machineId), MachineId.Rule);
        }

        if (!OrderId.TryParse(orderId, out var id))
        {
            return Problems.Invalid(nameof(orderId), OrderId.Rule);
        }

        if (Refusal(body, key) is { } refusal)
        {
            return refusal;
        }

        if (await orders.ReadAsync(new OrderKey(machine, id), cancellationToken) is not { } order)
        {
            return Problems.Of(StatusCodes.Status404NotFound, "unknown-order", $"The machine '{machine}' has no order '{id}'.");
        }

        if (order.Decisions.FirstOrDefault(decision => decision.Refund?.RefundId == refundId)?.Refund is not { } refund)
        {
            return Problems.Of(StatusCodes.Status404NotFound, "unknown-refund", $"The order '{order.OrderId}' has no refund.due with this refundId; its decisions list those that it has.");
        }

        var by = Caller.Name(context);
        var fact = Fact(order, refund, body, key, by, time.GetUtcNow());
        if (IsBack(order, refund.PaymentId))
        {
            return fact.Body is OrderEvent.RefundCompleted
                ? TypedResults.Accepted((string?)null)
                : Problems.Of(StatusCodes.Status409Conflict, "already-refunded", $"The payment '{refund.PaymentId}' is known to be back with the customer.");
        }

        try
        {
            await log.AppendAsync(new Report(machine, EventSource.Provider, fact, EventJson.ToBytes(fact)), cancellationToken);
            Log.Reported(logger, refund.RefundId, body.Outcome, by);
            return TypedResults.Accepted((string?)null);
        }
        catch (LogUnavailableException e)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(e.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return Problems.Of(StatusCodes.Status503ServiceUnavailable, "unavailable", e.Message);
        }
    }

    private static ProblemHttpResult? Refusal(RefundOutcome body, string? key)
    {
        if (body.Outcome is not (RefundOutcome.Completed or RefundOutcome.Failed))
        {
            return Problems.Invalid("outcome", "'completed' or 'failed'");
        }

        if (body.Reason?.Length > MaxReason)
        {
            return Problems.Invalid("reason", $"at most {MaxReason} characters");
        }

        return key is not null && (key.Length > MaxKey || key.Contains('/') || !EventId.TryParse(key, out _))
            ? Problems.Invalid("Idempotency-Key", $"1-{MaxKey} of A-Z, a-z, 0-9, '_', '.', ':' and '-'")
            : null;
    }

    private static ReportedEvent Fact(Order order, RefundOrder refund, RefundOutcome body, string? key, string by, DateTimeOffset now)
    {
        if (body.Outcome == RefundOutcome.Completed)
        {
            return new ReportedEvent(EventId.Parse($"refunds/completed/{refund.PaymentId}"), order.OrderId, new OrderEvent.RefundCompleted(refund.PaymentId, by), now);
        }

        var failures = order.Envelopes.Count(envelope => envelope.Event.Body is OrderEvent.RefundFailed failed && failed.PaymentId == refund.PaymentId);
        var id = EventId.Parse($"refunds/reported/{refund.PaymentId}/{key ?? (failures + 1).ToString(CultureInfo.InvariantCulture)}");
        return new ReportedEvent(id, order.OrderId, new OrderEvent.RefundFailed(refund.PaymentId, body.Reason ?? "", by), now);
    }

    private static bool IsBack(Order order, PaymentId paymentId) =>
        order.Envelopes.Any(envelope => envelope is { Source: EventSource.Provider, Event.Body: OrderEvent.RefundCompleted completed } && completed.PaymentId == paymentId);

    private static partial class Log
    {
        [LoggerMessage(EventId = 6020, Level = LogLevel.Information, Message = "Refund {RefundId} was reported {Outcome} by {By}")]
        internal static partial void Reported(ILogger logger, string refundId, string outcome, string by);
    }
}

/// <param name="Outcome"><c>completed</c> or <c>failed</c>.</param>
/// <param name="Reason">Why it failed, for people.</param>
internal sealed record RefundOutcome(string Outcome, string? Reason = null)
{
    internal const string Completed = "completed";
    internal const string Failed = "failed";
}
