using System.Text;
using Azure;
using Azure.Core;
using Microsoft.Azure.WebPubSub.AspNetCore;

namespace PaymentMonitor.Functions.Tests;

/// <summary>The hub of the machines in memory: what would have been pushed.</summary>
internal sealed class InMemoryWebPubSub : WebPubSubServiceClient<machines>
{
    internal List<(string UserId, string Json)> Sent { get; } = [];

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
        Sent.Add((userId, Encoding.UTF8.GetString(body.ToArray())));
        return null!;
    }
}
