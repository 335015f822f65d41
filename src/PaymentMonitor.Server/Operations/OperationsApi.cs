using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server;

/// <summary>The way in for the operations page: an API key for the address and token of the live feed.</summary>
internal static class OperationsApi
{
    internal static void MapOperations(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/ops/negotiate", Negotiate)
            .RequireAuthorization(Roles.Reader)
            .WithTags("Operations")
            .WithSummary("The address and token of a WebSocket that may join the group 'ops', in which the live feed is.");
    }

    private static Ok<NegotiateAnswer> Negotiate(ClaimsPrincipal caller, HttpContext context, ConnectionTokens tokens)
    {
        return TypedResults.Ok(tokens.For(OperationsClients.UserId(caller.Identity!.Name!), context.Request, OperationsClients.TokenRoles));
    }
}
