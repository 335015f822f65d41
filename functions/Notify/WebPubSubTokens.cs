using System.Web;
using Azure.Messaging.WebPubSub;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.WebPubSub.AspNetCore;
using PaymentMonitor.Api;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Functions;

/// <summary>What a machine needs to open its connection to Azure Web PubSub: the service makes the token, for an hour.</summary>
internal sealed class WebPubSubTokens(WebPubSubServiceClient<machines> client, TimeProvider time) : IConnectionTokens
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(60);

    public async ValueTask<NegotiateAnswer> ForAsync(MachineId machineId, HttpRequest request, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var address = await client.GetClientAccessUriAsync(Lifetime, machineId.Value, [], [], WebPubSubClientProtocol.Default, cancellationToken);
        var token = HttpUtility.ParseQueryString(address.Query)["access_token"]!;
        return new NegotiateAnswer(address.GetLeftPart(UriPartial.Path), token, now + Lifetime, now);
    }
}
