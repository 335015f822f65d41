using Azure;
using Azure.Core;
using Microsoft.Azure.WebPubSub.AspNetCore;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>The connections of machines in Azure Web PubSub, where a machine is the user of its connection.</summary>
public sealed class WebPubSubConnections(WebPubSubServiceClient<machines> client) : IMachineConnections
{
    public async ValueTask SendAsync(MachineId machineId, ServerMessage message, CancellationToken cancellationToken)
    {
        // JSON, because what subprotocol a user's connections speak is not known here; the SDK reads either form on either. The
        // content type decides the data type of the frame; text is the default.
        await client.SendToUserAsync(machineId.Value, RequestContent.Create(message.ToBytes(WireForm.Json)), ContentType.ApplicationJson, Context(cancellationToken));
    }

    public async ValueTask CloseAsync(MachineId machineId, string reason, CancellationToken cancellationToken)
    {
        await client.CloseUserConnectionsAsync(machineId.Value, reason: reason, context: Context(cancellationToken));
    }

    /// <summary>One connection a machine: what a half-open older one would still be told, nobody would hear.</summary>
    internal async Task CloseOlderAsync(MachineId machineId, string newest, CancellationToken cancellationToken)
    {
        await client.CloseUserConnectionsAsync(machineId.Value, [newest], "The machine opened a newer connection.", Context(cancellationToken));
    }

    private static RequestContext Context(CancellationToken cancellationToken) => new() { CancellationToken = cancellationToken };
}
