using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PaymentMonitor.EndToEnd.Tests.Operations;

/// <summary>A collector of OTLP over HTTP (protobuf), which reads what is sent as OpenTelemetry's protocol files have it.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    /// <summary>Only a guard against hanging: nothing is measured by it.</summary>
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;
    private readonly Channel<(string Path, byte[] Body)> _received = Channel.CreateUnbounded<(string, byte[])>();

    private OtlpCollector(WebApplication app) => _app = app;

    /// <summary>What tells a server to send here, often, and to trace everything.</summary>
    internal IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.Single(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "300",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "100",
        ["OTEL_TRACES_SAMPLER"] = "always_on",
    };

    internal HashSet<string> Metrics { get; } = [];

    internal List<OtlpSpan> Spans { get; } = [];

    internal HashSet<string> Services { get; } = [];

    internal List<string> Logs { get; } = [];

    internal static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new OtlpCollector(builder.Build());
        collector._app.Run(collector.TakeAsync);
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>What has come in and was not read.</summary>
    internal bool HasMore => _received.Reader.TryPeek(out _);

    /// <summary>Reads what comes in until all of it together is as expected.</summary>
    internal async Task UntilAsync(Func<bool> isSo)
    {
        using var guard = new CancellationTokenSource(Guard);
        while (!isSo())
        {
            var (path, body) = await _received.Reader.ReadAsync(guard.Token);
            Read(path, body);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        Assert.Equal("application/x-protobuf", context.Request.ContentType);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        _received.Writer.TryWrite((context.Request.Path.Value!, body.ToArray()));
    }

    // In all three kinds: request.resource_* = 1, .resource = 1, .scope_* = 2, of that the items = 2.
    private void Read(string path, byte[] body)
    {
        foreach (var resource in ProtobufFields.Of(body, 1))
        {
            foreach (var attribute in ProtobufFields.Of(resource, 1).SelectMany(described => ProtobufFields.Of(described, 1)).Where(attribute => Text(attribute, 1) == "service.name"))
            {
                Services.Add(Text(ProtobufFields.Of(attribute, 2).Single(), 1));
            }

            foreach (var item in ProtobufFields.Of(resource, 2).SelectMany(scope => ProtobufFields.Of(scope, 2)))
            {
                switch (path)
                {
                    case "/v1/metrics":
                        Metrics.Add(Text(item, 1));
                        break;
                    case "/v1/traces":
                        Spans.Add(new OtlpSpan(Hex(item, 1), Hex(item, 2), Hex(item, 4), Text(item, 5)));
                        break;
                    case "/v1/logs":
                        Logs.AddRange(ProtobufFields.Of(item, 5).Select(said => Text(said, 1)));
                        break;
                }
            }
        }
    }

    private static string Text(ReadOnlyMemory<byte> message, int field) => Encoding.UTF8.GetString(ProtobufFields.Of(message, field).FirstOrDefault().Span);

    private static string Hex(ReadOnlyMemory<byte> message, int field) => Convert.ToHexStringLower(ProtobufFields.Of(message, field).FirstOrDefault().Span);
}

internal sealed record OtlpSpan(string TraceId, string SpanId, string ParentSpanId, string Name);
