using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace PaymentMonitor.Pipeline;

/// <summary>Puts the risk service into a host: its HTTP client with a time limit and a circuit breaker.</summary>
public static class RiskServiceSetup
{
    private const int MaxAnswerBytes = 16 * 1024;

    public static IServiceCollection AddRiskService(this IServiceCollection services, RiskServiceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var client = services.AddHttpClient<RiskServiceClient>(http =>
        {
            http.BaseAddress = options.Address;
            http.Timeout = Timeout.InfiniteTimeSpan;
            http.MaxResponseContentBufferSize = MaxAnswerBytes;
            http.DefaultRequestHeaders.Authorization = options.ApiKey is { } key ? new AuthenticationHeaderValue("Bearer", key) : null;
        }).RemoveAllLoggers();
        client.SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        client.ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = options.Timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        });

        // A service that is down must not cost every order its second: after ten failures in half a minute nobody is asked for five.
        client.AddResilienceHandler("risk", pipeline => pipeline
            .AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions
            {
                SamplingDuration = TimeSpan.FromSeconds(30),
                MinimumThroughput = 10,
                FailureRatio = 0.5,
                BreakDuration = TimeSpan.FromSeconds(5),
            })
            .AddTimeout(options.Timeout));
        return services;
    }
}
