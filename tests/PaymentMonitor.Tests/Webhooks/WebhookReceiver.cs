using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Tests.Webhooks;

/// <summary>A business system on a port of its own: it keeps what it is told and answers as the test says, 204 if it says nothing.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    /// <summary>Only a guard against hanging: nothing is measured by it.</summary>
    internal static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private readonly Channel<Received> _received = System.Threading.Channels.Channel.CreateUnbounded<Received>();
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _answers = new();
    private readonly WebApplication _app;

    private WebhookReceiver(WebApplication app) => _app = app;

    internal Uri Url { get; private set; } = null!;

    /// <summary>While set, every delivery is answered so.</summary>
    internal Func<HttpContext, Task>? Always { get; set; }

    internal static async Task<WebhookReceiver> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var receiver = new WebhookReceiver(builder.Build());
        receiver._app.Run(receiver.ReceiveAsync);
        await receiver._app.StartAsync();
        receiver.Url = new Uri($"{receiver._app.Urls.Single()}/hooks");
        return receiver;
    }

    internal WebhookReceiver Then(int status, string body = "", params (string Name, string Value)[] headers)
    {
        _answers.Enqueue(Answer(status, body, headers));
        return this;
    }

    internal WebhookReceiver Then(Func<HttpContext, Task> answer)
    {
        _answers.Enqueue(answer);
        return this;
    }

    internal static Func<HttpContext, Task> Answer(int status, string body = "", params (string Name, string Value)[] headers) => context =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        return body.Length > 0 ? context.Response.WriteAsync(body) : Task.CompletedTask;
    };

    internal static Task Reset(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    internal async Task<Received> NextAsync()
    {
        using var guard = new CancellationTokenSource(Guard);
        return await _received.Reader.ReadAsync(guard.Token);
    }

    internal async Task<List<Received>> NextAsync(int count)
    {
        var all = new List<Received>(count);
        while (all.Count < count)
        {
            all.Add(await NextAsync());
        }

        return all;
    }

    /// <summary>What has come in and was not looked at.</summary>
    internal bool HasMore => _received.Reader.TryPeek(out _);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var headers = context.Request.Headers;
        _received.Writer.TryWrite(new Received(
            headers["webhook-id"].ToString(),
            headers["webhook-timestamp"].ToString(),
            headers["webhook-signature"].ToString(),
            body.ToArray()));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        if (Always is { } always)
        {
            await always(context);
        }
        else if (_answers.TryDequeue(out var answer))
        {
            await answer(context);
        }
    }
}

/// <summary>A delivery as it arrived.</summary>
internal sealed record Received(string Id, string Timestamp, string Signature, byte[] Body)
{
    internal JsonNode Json => JsonNode.Parse(Body)!;

    internal string Type => Json["type"]!.GetValue<string>();

    internal bool IsSignedBy(string secret, DateTimeOffset now) =>
        WebhookSecret.TryParse(secret, out var key) && key.Verify(Id, Timestamp, Signature, Body, now);
}
