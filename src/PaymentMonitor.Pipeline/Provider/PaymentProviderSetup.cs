using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Domain;
using Polly;

namespace PaymentMonitor.Pipeline;

/// <summary>Puts the payment provider into a host: its HTTP client with time limits, retries and a circuit breaker, and what is done through it.</summary>
public static class PaymentProviderSetup
{
    private const int MaxAnswerBytes = 256 * 1024;
    private const int RetriesMax = 2;

    /// <summary>
    /// Adds <see cref="ProviderDesk"/>. Needs an <see cref="IEventLog"/>, <see cref="OrderOptions"/>, a time provider, metrics and
    /// logging in the container.
    /// </summary>
    /// <exception cref="ArgumentException">An option breaks its rule, which the message gives.</exception>
    public static IServiceCollection AddPaymentProvider(this IServiceCollection services, PaymentProviderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        services.AddSingleton(options);
        services.AddSingleton(provider => new ProviderDesk(
            provider.GetRequiredService<PaymentProviderClient>(),
            options,
            provider.GetRequiredService<OrderOptions>(),
            provider.GetRequiredService<IEventLog>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<ILogger<ProviderDesk>>()));
        var client = services.AddHttpClient<PaymentProviderClient>(http => Address(http, options)).RemoveAllLoggers();

        // The client lives as long as the host; the handler below renews its connections by itself.
        client.SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        client.ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = options.AttemptTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        });
        client.AddStandardResilienceHandler(resilience => Limit(resilience, options));
        return services;
    }

    private static void Address(HttpClient http, PaymentProviderOptions options)
    {
        http.BaseAddress = new Uri(options.Address.AbsoluteUri.TrimEnd('/') + "/");
        http.Timeout = Timeout.InfiniteTimeSpan;
        http.MaxResponseContentBufferSize = MaxAnswerBytes;
        http.DefaultRequestHeaders.Authorization = options.ApiKey is { } key ? new AuthenticationHeaderValue("Bearer", key) : null;
    }

    private static void Limit(HttpStandardResilienceOptions resilience, PaymentProviderOptions options)
    {
        resilience.AttemptTimeout.Timeout = options.AttemptTimeout;
        resilience.TotalRequestTimeout.Timeout = (options.AttemptTimeout * (RetriesMax + 1)) + TimeSpan.FromSeconds(5);
        resilience.Retry.MaxRetryAttempts = RetriesMax;
        resilience.Retry.Delay = TimeSpan.FromMilliseconds(200);
        resilience.Retry.BackoffType = DelayBackoffType.Exponential;
        resilience.Retry.UseJitter = true;
        resilience.Retry.ShouldRetryAfterHeader = false;

        // A provider that is asked too often says when it wants to be asked again: the errand waits for that, not the call.
        resilience.Retry.ShouldHandle = outcome => ValueTask.FromResult(
            outcome.Outcome.Result?.StatusCode != HttpStatusCode.TooManyRequests && HttpClientResiliencePredicates.IsTransient(outcome.Outcome));
        resilience.CircuitBreaker.SamplingDuration = 2 * resilience.TotalRequestTimeout.Timeout;
        resilience.CircuitBreaker.MinimumThroughput = 10;
        resilience.CircuitBreaker.FailureRatio = 0.5;
        resilience.CircuitBreaker.BreakDuration = TimeSpan.FromSeconds(5);
    }
}
