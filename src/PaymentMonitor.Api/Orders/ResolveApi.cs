using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>A person ends an order that waits for one.</summary>
internal static class ResolveApi
{
    internal static void MapResolve(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/orders/{machineId}/{orderId}/resolve", ResolveAsync)
            .RequireAuthorization(Roles.Operator)
            .WithTags("Orders")
            .WithSummary("Ends an unresolved order as completed, closed or refunded; who, when and why stay in the order.");
    }

    private static async Task<Results<Accepted<OrderView>, ProblemHttpResult>> ResolveAsync(
        string machineId, string orderId, ResolveRequest request, HttpContext context, OrderResolution resolution, CancellationToken cancellationToken)
    {
        if (!MachineId.TryParse(machineId, out var machine))
        {
            return Problems.Invalid(nameof(machineId), MachineId.Rule);
        }

        if (!OrderId.TryParse(orderId, out var order))
        {
            return Problems.Invalid(nameof(orderId), OrderId.Rule);
        }

        try
        {
            var answer = await resolution.ResolveAsync(new OrderKey(machine, order), request.Outcome, request.Reason, Caller.Name(context), cancellationToken);
            return answer switch
            {
                { Order: { } ended } => TypedResults.Accepted($"/api/orders/{machine}/{order}", OrderView.Of(ended)),
                { Error: { Name: "unknown-order" } error } => Problems.Of(StatusCodes.Status404NotFound, error),
                { Error: { Name: "not-unresolved" } error } => Problems.Of(StatusCodes.Status409Conflict, error),
                _ => Problems.Of(StatusCodes.Status400BadRequest, answer.Error!),
            };
        }
        catch (LogUnavailableException e)
        {
            return Problems.Of(StatusCodes.Status503ServiceUnavailable, "unavailable", e.Message);
        }
    }
}

/// <param name="Outcome"><c>completed</c>, <c>closed</c> or <c>refunded</c>.</param>
/// <param name="Reason">Why, for whoever asks later: 1 to 256 characters.</param>
internal sealed record ResolveRequest(string? Outcome, string? Reason);
