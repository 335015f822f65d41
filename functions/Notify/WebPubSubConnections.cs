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
        var context = new RequestContext { CancellationToken = cancellationToken };
        await client.SendToUserAsync(machineId.Value, RequestContent.Create(message.ToBytes(WireForm.Json)), ContentType.ApplicationJson, context);
    }

    public async ValueTask CloseAsync(MachineId machineId, string reason, CancellationToken cancellationToken)
    {
        await client.CloseUserConnectionsAsync(machineId.Value, reason: reason, context: new RequestContext { CancellationToken = cancellationToken });
    }
}
