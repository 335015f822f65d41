using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>The delivery of webhooks, once for every host. A host brings its adapters of the three ports and a <see cref="SecretBox"/>.</summary>
internal static class WebhookComposition
{
    internal static IServiceCollection AddWebhooks(this IServiceCollection services, WebhookOptions options) => services
        .AddSingleton(options)
        .AddSingleton<WebhookMetrics>()
        .AddSingleton<WebhookSender>()
        .AddSingleton<EndpointHealth>()
        .AddSingleton<WebhookDelivery>()
        .AddSingleton<WebhookRegistry>();
}
