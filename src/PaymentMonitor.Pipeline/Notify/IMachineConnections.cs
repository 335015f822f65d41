using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>The live connections of machines. Azure Web PubSub, or the embedded endpoint that is compatible with it.</summary>
public interface IMachineConnections
{
    /// <summary>Sends a message to a machine, if it is connected, in a form that it can read. Best effort: no answer tells whether it arrived.</summary>
    ValueTask SendAsync(MachineId machineId, ServerMessage message, CancellationToken cancellationToken);

    /// <summary>Closes every connection of a machine.</summary>
    ValueTask CloseAsync(MachineId machineId, string reason, CancellationToken cancellationToken);
}
