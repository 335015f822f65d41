using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>A receiver that does as little as it can, and looks whether each order's notices come in order.</summary>
internal sealed class WebhookSink : IAsyncDisposable
{
    /// <summary>So long without a delivery means that all are there.</summary>
    internal static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, int> _newest = new();
    private long _received;
    private long _outOfOrder;

    private WebhookSink(WebApplication app) => _app = app;

    internal Uri Url => new(_app.Urls.Single());

    internal long OutOfOrder => Interlocked.Read(ref _outOfOrder);

    internal static async Task<WebhookSink> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var sink = new WebhookSink(builder.Build());
        sink._app.Run(sink.ReceiveAsync);
        await sink._app.StartAsync(cancellationToken);
        return sink;
    }

    /// <summary>Waits until nothing comes any more, and gives how many came.</summary>
    internal async Task<long> WaitAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        var before = -1L;
        for (var waited = TimeSpan.Zero; waited < within && (before <= 0 || before != Interlocked.Read(ref _received)); waited += Quiet)
        {
            before = Interlocked.Read(ref _received);
            await Task.Delay(Quiet, cancellationToken);
        }

        return Interlocked.Read(ref _received);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        var id = context.Request.Headers["webhook-id"].ToString();
        var slash = id.LastIndexOf('/');
        var (order, notice) = (id[..slash], int.Parse(id.AsSpan(slash + 1), CultureInfo.InvariantCulture));
        var expected = _newest.GetValueOrDefault(order) + 1;
        if (notice > expected)
        {
            Interlocked.Increment(ref _outOfOrder);
        }

        _newest[order] = Math.Max(notice, expected - 1);
        Interlocked.Increment(ref _received);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
