using PaymentMonitor.Contracts;

namespace PaymentMonitor.Api;

/// <summary>What a machine needs to open its connection. Azure Web PubSub gives it, or the embedded endpoint that is compatible with it.</summary>
internal interface IConnectionTokens
{
    /// <summary>The address and a token of an hour at most, for a machine that has shown its secret.</summary>
    ValueTask<NegotiateAnswer> ForAsync(MachineId machineId, HttpRequest request, CancellationToken cancellationToken);
}
