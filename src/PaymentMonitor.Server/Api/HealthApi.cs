using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Server.Embedded;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Server;

/// <summary>Whether this server can do its job. For load balancers and supervisors, so without a key and without detail.</summary>
internal static class HealthApi
{
    internal static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", Check)
            .AllowAnonymous()
            .WithTags("Health")
            .WithSummary("200 while events can be made durable and orders saved, 503 while they cannot.");
    }

    private static Results<Ok<HealthView>, JsonHttpResult<HealthView>> Check(EmbeddedStore store, WebPubSubHub hub, IServiceProvider services)
    {
        var isWell = store.IsCommitting && services.GetService<OrderSaves>() is not { IsFailing: true };
        var view = new HealthView(isWell ? "healthy" : "unhealthy", hub.ConnectionCount);
        return isWell ? TypedResults.Ok(view) : TypedResults.Json(view, ServerJson.Default.HealthView, statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}

internal sealed record HealthView(string Status, int Connections);
