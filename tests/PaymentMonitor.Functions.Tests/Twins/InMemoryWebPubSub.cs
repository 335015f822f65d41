using System.Text;
using Azure;
using Azure.Core;
using Azure.Messaging.WebPubSub;
using Microsoft.Azure.WebPubSub.AspNetCore;

namespace PaymentMonitor.Functions.Tests;

/// <summary>The hub of the machines in memory: what would have been pushed.</summary>
internal sealed class InMemoryWebPubSub : WebPubSubServiceClient<machines>
{
    private readonly Arrivals _pushed = new();

    internal List<(string UserId, string Json)> Sent { get; } = [];

    internal Task PushedAsync(int count) => _pushed.ReachedAsync(count);

    /// <summary>Who was closed, and which connection was left open.</summary>
    internal List<(string UserId, string? Except)> Closed { get; } = [];

    /// <summary>What happens around each push; nothing unless set.</summary>
    internal Func<Func<Task>, Task> Around { get; set; } = call => call();

    internal bool IsDown { get; set; }

    public override async Task<Response> SendToUserAsync(string userId, RequestContent content, ContentType contentType, RequestContext? context = null)
    {
        if (IsDown)
        {
            throw new RequestFailedException(503, "Web PubSub is down.");
        }

        Assert.Equal(ContentType.ApplicationJson, contentType);
        using var body = new MemoryStream();
        await content.WriteToAsync(body, context!.CancellationToken);
        await Around(() =>
        {
            lock (Sent)
            {
                Sent.Add((userId, Encoding.UTF8.GetString(body.ToArray())));
            }

            _pushed.Note();
            return Task.CompletedTask;
        });
        return null!;
    }

    public override Task<Uri> GetClientAccessUriAsync(
        TimeSpan expiresAfter = default,
        string? userId = null,
        IEnumerable<string>? roles = null,
        IEnumerable<string>? groups = null,
        WebPubSubClientProtocol clientProtocol = WebPubSubClientProtocol.Default,
        CancellationToken cancellationToken = default)
    {
        return Task.FromResult(new Uri($"wss://example.webpubsub.azure.com/client/hubs/machines?access_token=token-of-{userId}-for-{expiresAfter.TotalMinutes}"));
    }

    public override Task<Response> CloseUserConnectionsAsync(string userId, IEnumerable<string>? excluded = null, string? reason = null, RequestContext? context = null)
    {
        if (IsDown)
        {
            throw new RequestFailedException(503, "Web PubSub is down.");
        }

        Closed.Add((userId, excluded?.Single()));
        return Task.FromResult<Response>(null!);
    }
}
