using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>Traces, metrics and logs by OpenTelemetry, to Azure Monitor where there is one. The host sends its own (<c>telemetryMode</c> in host.json).</summary>
internal static class AzureMonitor
{
    internal const string ConnectionString = "APPLICATIONINSIGHTS_CONNECTION_STRING";

    internal static void AddAzureMonitor(this IServiceCollection services, IConfiguration settings)
    {
        var telemetry = services.AddOpenTelemetry().UseFunctionsWorkerDefaults();
        telemetry.WithMetrics(metrics => metrics.AddMeter(Telemetry.Meter, "System.Runtime"));
        if (settings[ConnectionString] is { Length: > 0 })
        {
            telemetry.UseAzureMonitorExporter(exporter => exporter.Credential = new DefaultAzureCredential());
        }
    }
}
