using Microsoft.AspNetCore.Http;

namespace PaymentMonitor.Simulator;

/// <summary>Makes the provider's answers to merchants go wrong, by chance and seeded: errors, slowness, and silence after the deed.</summary>
internal sealed class MerchantFaults(ProviderOptions options, TimeProvider time) : IEndpointFilter
{
    private static readonly int[] Errors = [StatusCodes.Status500InternalServerError, StatusCodes.Status503ServiceUnavailable, StatusCodes.Status429TooManyRequests];

    private readonly Lock _lock = new();
    private readonly Random _random = new(options.Seed);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var (roll, error) = Roll();
        if (roll < options.ErrorShare)
        {
            if (error == StatusCodes.Status429TooManyRequests)
            {
                context.HttpContext.Response.Headers.RetryAfter = "1";
            }

            return Results.StatusCode(error);
        }

        roll -= options.ErrorShare;
        if (roll < options.SlowShare)
        {
            await Task.Delay(options.SlowBy, time, context.HttpContext.RequestAborted);
            return await next(context);
        }

        var answer = await next(context);
        roll -= options.SlowShare;
        if (roll < options.SilentShare)
        {
            // Done, and nobody hears of it: what is asked again must not be done again.
            await Task.Delay(options.SilentFor, time, context.HttpContext.RequestAborted);
            context.HttpContext.Abort();
        }

        return answer;
    }

    private (double Roll, int Error) Roll()
    {
        lock (_lock)
        {
            return (_random.NextDouble(), Errors[_random.Next(Errors.Length)]);
        }
    }
}
