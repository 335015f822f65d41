using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>The subscriptions of business systems.</summary>
internal static class WebhooksApi
{
    internal static void MapWebhooks(this IEndpointRouteBuilder routes)
    {
        var webhooks = routes.MapGroup("/api/webhooks").WithTags("Webhooks");
        webhooks.MapGet("/", ListAsync).RequireAuthorization(Roles.Reader).WithSummary("All subscriptions, oldest first.");
        webhooks.MapGet("/{endpointId}", ReadAsync).RequireAuthorization(Roles.Reader).WithSummary("One subscription.");
        webhooks.MapPost("/", AddAsync).RequireAuthorization(Roles.Integrator)
            .WithSummary("Subscribes an https address to notices from now on, and shows its signing secret, once.");
        webhooks.MapPatch("/{endpointId}", ChangeAsync).RequireAuthorization(Roles.Integrator).WithSummary("Changes what is given, and leaves the rest.");
        webhooks.MapDelete("/{endpointId}", DeleteAsync).RequireAuthorization(Roles.Integrator).WithSummary("Ends a subscription.");
        webhooks.MapPost("/{endpointId}/disable", DisableAsync).RequireAuthorization(Roles.Integrator)
            .WithSummary("Stops deliveries; what happens meanwhile waits for 30 days.");
        webhooks.MapPost("/{endpointId}/enable", EnableAsync).RequireAuthorization(Roles.Integrator)
            .WithSummary("Goes on with what has waited, or, with skipWaiting, with what happens from now on.");
        webhooks.MapPost("/{endpointId}/rotate", RotateAsync).RequireAuthorization(Roles.Integrator)
            .WithSummary("Makes a new secret, shown once; the old one signs too for overlapHours more (24 unless given; 0 ends it now).");
        webhooks.MapPost("/{endpointId}/test", TestAsync).RequireAuthorization(Roles.Integrator)
            .WithSummary("Sends a webhook.test now and shows what came of it.");
    }

    private static async Task<Ok<WebhookEndpointsView>> ListAsync(IWebhookEndpoints endpoints, TimeProvider time, CancellationToken cancellationToken)
    {
        var all = await endpoints.ListAsync(cancellationToken);
        return TypedResults.Ok(new WebhookEndpointsView([.. all.Select(endpoint => WebhookEndpointView.Of(endpoint, time.GetUtcNow()))]));
    }

    private static async Task<Results<Ok<WebhookEndpointView>, ProblemHttpResult>> ReadAsync(
        string endpointId, IWebhookEndpoints endpoints, TimeProvider time, CancellationToken cancellationToken)
    {
        return await endpoints.ReadAsync(endpointId, cancellationToken) is { } endpoint
            ? TypedResults.Ok(WebhookEndpointView.Of(endpoint, time.GetUtcNow()))
            : Unknown(endpointId);
    }

    private static async Task<Results<Created<WebhookSecretView>, ProblemHttpResult>> AddAsync(
        WebhookTerms terms, WebhookRegistry registry, TimeProvider time, CancellationToken cancellationToken)
    {
        return await registry.AddAsync(terms, cancellationToken) switch
        {
            WebhookAnswer.Done done => TypedResults.Created(
                $"/api/webhooks/{done.Endpoint.Id}", new WebhookSecretView(WebhookEndpointView.Of(done.Endpoint, time.GetUtcNow()), done.Secret)),
            WebhookAnswer.Refused refused => Refusal(refused.Error),
            _ => throw new NotSupportedException(),
        };
    }

    private static async Task<Results<Ok<WebhookEndpointView>, ProblemHttpResult>> ChangeAsync(
        string endpointId, WebhookTerms terms, WebhookRegistry registry, TimeProvider time, CancellationToken cancellationToken)
    {
        return terms.Secret is null
            ? Answer(await registry.ChangeAsync(endpointId, terms, cancellationToken), time)
            : Problems.Of(StatusCodes.Status400BadRequest, "invalid-secret", "A secret cannot be changed to a given one; rotate it instead.");
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(string endpointId, WebhookRegistry registry, CancellationToken cancellationToken)
    {
        return await registry.DeleteAsync(endpointId, cancellationToken) ? TypedResults.NoContent() : Unknown(endpointId);
    }

    private static async Task<Results<Ok<WebhookEndpointView>, ProblemHttpResult>> DisableAsync(
        string endpointId, WebhookRegistry registry, TimeProvider time, CancellationToken cancellationToken)
    {
        return Answer(await registry.DisableAsync(endpointId, cancellationToken), time);
    }

    private static async Task<Results<Ok<WebhookEndpointView>, ProblemHttpResult>> EnableAsync(
        string endpointId, bool? skipWaiting, WebhookRegistry registry, TimeProvider time, CancellationToken cancellationToken)
    {
        return Answer(await registry.EnableAsync(endpointId, skipWaiting ?? false, cancellationToken), time);
    }

    private static async Task<Results<Ok<WebhookSecretView>, ProblemHttpResult>> RotateAsync(
        string endpointId, double? overlapHours, WebhookRegistry registry, TimeProvider time, CancellationToken cancellationToken)
    {
        if (overlapHours is < 0 or > 168)
        {
            return Problems.Invalid(nameof(overlapHours), "0 to 168");
        }

        var overlap = overlapHours is { } hours ? TimeSpan.FromHours(hours) : WebhookRegistry.RotationOverlap;
        return await registry.RotateAsync(endpointId, overlap, cancellationToken) switch
        {
            WebhookAnswer.Done done => TypedResults.Ok(new WebhookSecretView(WebhookEndpointView.Of(done.Endpoint, time.GetUtcNow()), done.Secret)),
            WebhookAnswer.Refused refused => Refusal(refused.Error),
            _ => throw new NotSupportedException(),
        };
    }

    private static async Task<Results<Ok<WebhookTestView>, ProblemHttpResult>> TestAsync(string endpointId, WebhookRegistry registry, CancellationToken cancellationToken)
    {
        return await registry.TestAsync(endpointId, cancellationToken) is { } result ? TypedResults.Ok(WebhookTestView.Of(result)) : Unknown(endpointId);
    }

    private static Results<Ok<WebhookEndpointView>, ProblemHttpResult> Answer(WebhookAnswer answer, TimeProvider time) => answer switch
    {
        WebhookAnswer.Done done => TypedResults.Ok(WebhookEndpointView.Of(done.Endpoint, time.GetUtcNow())),
        WebhookAnswer.Refused refused => Refusal(refused.Error),
        _ => throw new NotSupportedException(),
    };

    internal static ProblemHttpResult Unknown(string endpointId) =>
        Problems.Of(StatusCodes.Status404NotFound, "unknown-endpoint", $"There is no webhook endpoint '{endpointId}'.");

    private static ProblemHttpResult Refusal(NamedError error) => Problems.Of(
        error.Name switch
        {
            "unknown-endpoint" => StatusCodes.Status404NotFound,
            "too-many-endpoints" => StatusCodes.Status409Conflict,
            _ => StatusCodes.Status400BadRequest,
        },
        error);
}
