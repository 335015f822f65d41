using System.Diagnostics.Metrics;
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
    private const double TracedByDefault = 0.01;
    private const string Sampler = "OTEL_TRACES_SAMPLER";

    // OpenTelemetry makes room for all label values of an instrument at once, for 2,000 unless told otherwise: 10 MB, of which we use little.
    // Ours have a few dozen at most, endpoints by outcome 150, routes by status and method some hundreds.
    internal const int SeriesMax = 200;
    internal const int RequestSeriesMax = 1_000;

    private static readonly string[] EndpointVariables =
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    ];

    private const string Requests = "Microsoft.AspNetCore.Hosting";

    /// <summary>One report in a hundred is traced, with all that follows from it, unless <c>OTEL_TRACES_SAMPLER</c> says otherwise.</summary>
    internal static double TracedShare(IConfiguration configuration) => string.IsNullOrEmpty(configuration[Sampler]) ? TracedByDefault : 1;

    internal static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => Describe(resource, builder.Configuration))
            .WithMetrics(metrics => metrics
                .AddMeter("PaymentMonitor.*")
                .AddMeter("System.Runtime", Requests, "Microsoft.AspNetCore.Server.Kestrel")
                .AddView(View)
                .AddPrometheusExporter());
        if (!EndpointVariables.Any(name => !string.IsNullOrEmpty(builder.Configuration[name])))
        {
            return;
        }

        telemetry
            .WithTracing(tracing =>
            {
                tracing.AddSource(Telemetry.Source);
                if (string.IsNullOrEmpty(builder.Configuration[Sampler]))
                {
                    // What gets here has been drawn already.
                    tracing.SetSampler(new ParentBasedSampler(new AlwaysOnSampler()));
                }
            })
            .WithLogging()
            .UseOtlpExporter();
    }

    /// <summary>The instrument as it is, its buckets too, with room for as many series as it can have.</summary>
    internal static MetricStreamConfiguration View(Instrument instrument) => new() { CardinalityLimit = instrument.Meter.Name == Requests ? RequestSeriesMax : SeriesMax };

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
