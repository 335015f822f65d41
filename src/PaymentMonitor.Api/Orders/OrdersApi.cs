using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>Orders, read-only: one, or those that match.</summary>
internal static class OrdersApi
{
    internal static void MapOrders(this IEndpointRouteBuilder routes)
    {
        var orders = routes.MapGroup("/api/orders").RequireAuthorization(Roles.Reader).WithTags("Orders");
        orders.MapGet("/{machineId}/{orderId}", ReadAsync).WithSummary("One order with its events and decisions.");
        orders.MapGet("/", ListAsync).WithSummary("Orders that match every given condition, newest first, a page at a time.");
    }

    private static async Task<Results<Ok<OrderView>, ProblemHttpResult>> ReadAsync(
        string machineId, string orderId, IOrders orders, CancellationToken cancellationToken)
    {
        if (!MachineId.TryParse(machineId, out var machine))
        {
            return Problems.Invalid(nameof(machineId), MachineId.Rule);
        }

        if (!OrderId.TryParse(orderId, out var id))
        {
            return Problems.Invalid(nameof(orderId), OrderId.Rule);
        }

        return await orders.ReadAsync(new OrderKey(machine, id), cancellationToken) is { } order
            ? TypedResults.Ok(OrderView.Of(order))
            : Problems.Of(StatusCodes.Status404NotFound, "unknown-order", $"The machine '{machine}' has no order '{id}'.");
    }

    private static async Task<Results<Ok<OrderPageView>, ProblemHttpResult>> ListAsync(
        [AsParameters] OrderListParameters parameters, IOrders orders, CancellationToken cancellationToken)
    {
        if (!parameters.TryRead(out var query, out var problem))
        {
            return problem;
        }

        try
        {
            var page = await orders.ListAsync(query, cancellationToken);
            return TypedResults.Ok(new OrderPageView([.. page.Orders.Select(OrderView.Of)], page.Continuation));
        }
        catch (FormatException)
        {
            return Problems.Invalid("continuation", "the token of the page before, unchanged");
        }
    }
}
