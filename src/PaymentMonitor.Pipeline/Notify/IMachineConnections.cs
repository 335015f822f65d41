using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>The live connections of machines. Azure Web PubSub, or the embedded endpoint that is compatible with it.</summary>
public interface IMachineConnections
{
    /// <summary>Sends a JSON server message to a machine, if it is connected. Best effort: no answer tells whether it arrived.</summary>
    ValueTask SendAsync(MachineId machineId, ReadOnlyMemory<byte> json, CancellationToken cancellationToken);

    /// <summary>Closes every connection of a machine.</summary>
    ValueTask CloseAsync(MachineId machineId, string reason, CancellationToken cancellationToken);
}
