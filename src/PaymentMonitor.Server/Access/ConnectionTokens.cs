using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Server;

/// <summary>What a machine needs to open its connection: the address, as the machine sees this server, and a token of an hour.</summary>
internal sealed class ConnectionTokens(WebPubSubTokens tokens, TimeProvider time) : IConnectionTokens
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(60);

    public ValueTask<NegotiateAnswer> ForAsync(MachineId machineId, HttpRequest request, CancellationToken cancellationToken)
    {
        var endpoint = new Uri($"{request.Scheme}://{request.Host}");
        var now = time.GetUtcNow();
        return ValueTask.FromResult(new NegotiateAnswer(
            WebPubSubTokens.ClientUrl(endpoint, MachineGateway.Hub).ToString(),
            tokens.ForClient(endpoint, MachineGateway.Hub, machineId.Value, Lifetime),
            now + Lifetime,
            now));
    }
}
