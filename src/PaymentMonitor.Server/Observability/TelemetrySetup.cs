using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server;

/// <summary>
/// OpenTelemetry: metrics at <c>/metrics</c> always, and metrics, traces and logs by OTLP where the standard environment variables
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and its kin) say so. Without an endpoint nothing is traced.
/// </summary>
internal static class TelemetrySetup
{
    /// <summary>One report in so many is traced, with all that follows from it, unless <c>OTEL_TRACES_SAMPLER</c> says otherwise.</summary>
    internal const double TracedShare = 0.01;

    private static readonly string[] EndpointVariables =
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    ];

    internal static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => Describe(resource, builder.Configuration))
            .WithMetrics(metrics => metrics
                .AddMeter("PaymentMonitor.*")
                .AddMeter("System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")
                .AddPrometheusExporter());
        if (!EndpointVariables.Any(name => !string.IsNullOrEmpty(builder.Configuration[name])))
        {
            return;
        }

        telemetry
            .WithTracing(tracing =>
            {
                tracing.AddSource(Telemetry.Source);
                if (string.IsNullOrEmpty(builder.Configuration["OTEL_TRACES_SAMPLER"]))
                {
                    tracing.SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(TracedShare)));
                }
            })
            .WithLogging()
            .UseOtlpExporter();
    }

    /// <summary>A role, not loopback, guards the metrics: behind a proxy everybody comes from loopback.</summary>
    internal static void MapMetrics(this IEndpointRouteBuilder routes) => routes.MapPrometheusScrapingEndpoint("/metrics").RequireAuthorization(Roles.Reader);

    private static void Describe(ResourceBuilder resource, ConfigurationManager configuration)
    {
        if (string.IsNullOrEmpty(configuration["OTEL_SERVICE_NAME"]))
        {
            resource.AddService("paymentmonitor", serviceVersion: ServerVersion.Text, autoGenerateServiceInstanceId: false);
        }
    }
}
