using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Server;

/// <summary>What a machine needs to open its connection: the address, as the machine sees this server, and a token of an hour.</summary>
internal sealed class ConnectionTokens(WebPubSubTokens tokens)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(60);

    internal NegotiateAnswer For(MachineId machineId, HttpRequest request, DateTimeOffset now)
    {
        var endpoint = new Uri($"{request.Scheme}://{request.Host}");
        return new NegotiateAnswer(
            WebPubSubTokens.ClientUrl(endpoint, MachineGateway.Hub).ToString(),
            tokens.ForClient(endpoint, MachineGateway.Hub, machineId.Value, Lifetime),
            now + Lifetime,
            now);
    }
}
