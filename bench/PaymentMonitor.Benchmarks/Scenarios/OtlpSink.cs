using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>A collector of OTLP over HTTP that takes everything and keeps nothing.</summary>
internal sealed class OtlpSink : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _metrics;
    private int _traces;

    private OtlpSink(WebApplication app) => _app = app;

    internal int Metrics => Volatile.Read(ref _metrics);

    internal int Traces => Volatile.Read(ref _traces);

    /// <summary>What tells a server to send here, its metrics as often as a careful operator would.</summary>
    internal IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.Single(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "5000",
    };

    internal static async Task<OtlpSink> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var sink = new OtlpSink(builder.Build());
        sink._app.Run(sink.TakeAsync);
        await sink._app.StartAsync(cancellationToken);
        return sink;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        switch (context.Request.Path.Value)
        {
            case "/v1/metrics":
                Interlocked.Increment(ref _metrics);
                break;
            case "/v1/traces":
                Interlocked.Increment(ref _traces);
                break;
        }
    }
}
