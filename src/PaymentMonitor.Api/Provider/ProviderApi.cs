using System.Globalization;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>The payment provider's callback. Mapped only where a signing secret is configured: an unsigned payment is worth nothing.</summary>
internal static class ProviderApi
{
    private const int MaxBodyBytes = 64 * 1024;

    internal static void MapProvider(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/provider/callback", AcceptAsync)
            .AllowAnonymous()
            .WithTags("Provider")
            .WithSummary("The payment provider reports a payment or a refund, signed by Standard Webhooks.");
    }

    private static async Task<IResult> AcceptAsync(HttpRequest request, ProviderIntake intake, CancellationToken cancellationToken)
    {
        if (request.ContentLength is null or > MaxBodyBytes)
        {
            return Problems.Of(StatusCodes.Status413PayloadTooLarge, "too-large", $"A callback names its length and has at most {MaxBodyBytes} bytes.");
        }

        var body = new byte[(int)request.ContentLength];
        await request.Body.ReadExactlyAsync(body, cancellationToken);
        var answer = await intake.AcceptAsync(
            request.Headers["webhook-id"].ToString(),
            request.Headers["webhook-timestamp"].ToString(),
            request.Headers["webhook-signature"].ToString(),
            body,
            cancellationToken);

        if (answer.RetryAfter is { } after)
        {
            request.HttpContext.Response.Headers.RetryAfter = Math.Ceiling(after.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        return answer switch
        {
            { IsParked: true } => TypedResults.Accepted((string?)null),
            { Error: null } => TypedResults.NoContent(),
            { RetryAfter: not null } => Problems.Of(StatusCodes.Status503ServiceUnavailable, answer.Error),
            { Error.Name: "wrong-signature" } => Problems.Of(StatusCodes.Status401Unauthorized, answer.Error),
            _ => Problems.Of(StatusCodes.Status400BadRequest, answer.Error),
        };
    }
}
