using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;

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

    private static Ok<OperationsSession> Negotiate(ClaimsPrincipal caller, HttpContext context, ConnectionTokens tokens)
    {
        var answer = tokens.For(OperationsClients.UserId(caller.Identity!.Name!), context.Request, OperationsClients.TokenRoles);
        return TypedResults.Ok(new OperationsSession(answer.Url, answer.Token, answer.ExpiresAt, answer.ServerTime, caller.FindFirstValue(ClaimTypes.Role)!));
    }
}

/// <summary>What a machine's negotiate answers, and what the caller's key may do.</summary>
internal sealed record OperationsSession(string Url, string Token, DateTimeOffset ExpiresAt, DateTimeOffset ServerTime, string Role);
