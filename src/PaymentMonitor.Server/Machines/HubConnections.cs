using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Server;

/// <summary>The machines' connections, on the endpoint in this process.</summary>
internal sealed class HubConnections(WebPubSubHub hub) : IMachineConnections
{
    public ValueTask SendAsync(MachineId machineId, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        hub.SendToUser(machineId.Value, MessageDataType.Json, json.Span);
        return ValueTask.CompletedTask;
    }

    public ValueTask CloseAsync(MachineId machineId, string reason, CancellationToken cancellationToken)
    {
        hub.CloseUser(machineId.Value, reason);
        return ValueTask.CompletedTask;
    }
}
