using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Server;

/// <summary>The machines' connections, on the endpoint in this process.</summary>
internal sealed class HubConnections(WebPubSubHub hub) : IMachineConnections
{
    public ValueTask SendAsync(MachineId machineId, ServerMessage message, CancellationToken cancellationToken)
    {
        foreach (var connection in hub.OfUser(machineId.Value))
        {
            var form = WireForms.OfSubprotocol(connection.Subprotocol.Name);
            connection.Send(new OutgoingMessage(MachineHub.DataTypeOf(form), message.ToBytes(form)));
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask CloseAsync(MachineId machineId, string reason, CancellationToken cancellationToken)
    {
        hub.CloseUser(machineId.Value, reason);
        return ValueTask.CompletedTask;
    }
}
