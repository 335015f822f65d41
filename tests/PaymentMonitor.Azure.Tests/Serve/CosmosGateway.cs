using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Testing;

namespace PaymentMonitor.Azure.Tests;

/// <summary>
/// A <see cref="CosmosWire"/> for another process: it listens, mends what the npm server does otherwise than Cosmos DB, and tells of
/// each order that was written before the answer leaves.
/// </summary>
internal sealed class CosmosGateway : IAsyncDisposable
{
    private static readonly HashSet<string> Unwanted = new(["Host", "Transfer-Encoding", "Connection", "Content-Length"], StringComparer.OrdinalIgnoreCase);

    private readonly CosmosWire _wire = new();
    private readonly HttpMessageInvoker _client;
    private readonly WebApplication _app;
    private readonly Uri _server;

    private CosmosGateway(WebApplication app, Uri server)
    {
        (_app, _server) = (app, server);
        _client = new HttpMessageInvoker(_wire, disposeHandler: false);
    }

    internal Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>An order was written, and who wrote it does not know yet. True: they never will.</summary>
    internal Func<bool> Wrote { get; set; } = () => false;

    internal static async Task<CosmosGateway> StartAsync(Uri server)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var gateway = new CosmosGateway(app, server);
        app.Run(gateway.PassAsync);
        await app.StartAsync();
        return gateway;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _client.Dispose();
        _wire.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(_server, context.Request.Path.ToUriComponent() + context.Request.QueryString));
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        request.Content = new ByteArrayContent(body.ToArray());
        foreach (var (name, value) in context.Request.Headers.Where(header => !Unwanted.Contains(header.Key)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)value);
            }
        }

        using var response = await _client.SendAsync(request, CancellationToken.None);
        var isOrder = request.Method != HttpMethod.Get && !request.Headers.Contains("x-ms-documentdb-isquery") && request.RequestUri!.AbsolutePath.Contains("/colls/orders/docs", StringComparison.Ordinal);
        if (isOrder && response.IsSuccessStatusCode && Wrote())
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers).Where(header => !Unwanted.Contains(header.Key)))
        {
            context.Response.Headers[name] = values.ToArray();
        }

        await response.Content.CopyToAsync(context.Response.Body);
    }
}
