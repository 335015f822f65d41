using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Server;

/// <summary>What a client needs to open its connection: the address, as the client sees this server, and a token of an hour.</summary>
internal sealed class ConnectionTokens(WebPubSubTokens tokens, TimeProvider time) : IConnectionTokens
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(60);

    public ValueTask<NegotiateAnswer> ForAsync(MachineId machineId, HttpRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(For(machineId.Value, request, roles: []));

    internal NegotiateAnswer For(string userId, HttpRequest request, IEnumerable<string> roles)
    {
        var endpoint = new Uri($"{request.Scheme}://{request.Host}");
        var now = time.GetUtcNow();
        return new NegotiateAnswer(
            WebPubSubTokens.ClientUrl(endpoint, MachineGateway.Hub).ToString(),
            tokens.ForClient(endpoint, MachineGateway.Hub, userId, Lifetime, roles),
            now + Lifetime,
            now);
    }
}
