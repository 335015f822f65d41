using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>
/// Gives a machine the address and the token of its connection. Attempts are limited per machine, failures also per address: a
/// fleet behind one address comes back as fast as it can, a guesser does not.
/// </summary>
internal sealed class NegotiateApi(MachineRegistry registry, IConnectionTokens tokens) : IDisposable
{
    private readonly PartitionedRateLimiter<string> _attempts = PartitionedRateLimiter.Create<string, string>(machine =>
        RateLimitPartition.GetTokenBucketLimiter(machine, _ => Bucket(limit: 30, perSecond: 1)));

    private readonly PartitionedRateLimiter<IPAddress> _failures = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address =>
        RateLimitPartition.GetTokenBucketLimiter(address, _ => Bucket(limit: 100, perSecond: 1)));

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/negotiate", (NegotiateRequest request, HttpContext context, NegotiateApi api) => api.AnswerAsync(request, context))
            .AllowAnonymous()
            .WithTags("Machines")
            .WithSummary("A machine's way in: its id and secret for the address and token of its WebSocket.");
    }

    public void Dispose()
    {
        _attempts.Dispose();
        _failures.Dispose();
    }

    private async Task<Results<Ok<NegotiateAnswer>, ProblemHttpResult>> AnswerAsync(NegotiateRequest request, HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        using var attempt = _attempts.AttemptAcquire(request.MachineId ?? "");
        if (!attempt.IsAcquired || _failures.GetStatistics(address) is { CurrentAvailablePermits: 0 })
        {
            context.Response.Headers.RetryAfter = "5";
            return Problems.Of(StatusCodes.Status429TooManyRequests, "too-many-attempts", "There were too many attempts; try again after the delay in Retry-After.");
        }

        var admission = await registry.AdmitAsync(request.MachineId, request.Secret, context.RequestAborted);
        if (admission.Machine is not { } machine)
        {
            using var failure = _failures.AttemptAcquire(address);
            return Problems.Of(StatusCodes.Status401Unauthorized, admission.Error!);
        }

        return TypedResults.Ok(await tokens.ForAsync(machine.MachineId, context.Request, context.RequestAborted));
    }

    private static TokenBucketRateLimiterOptions Bucket(int limit, int perSecond) => new()
    {
        TokenLimit = limit,
        TokensPerPeriod = perSecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        AutoReplenishment = true,
    };
}
