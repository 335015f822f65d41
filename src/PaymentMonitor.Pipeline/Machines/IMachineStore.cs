using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>The machines that may connect. Cosmos DB in Azure, SQLite embedded.</summary>
public interface IMachineStore
{
    ValueTask<MachineRecord?> ReadAsync(MachineId machineId, CancellationToken cancellationToken);

    /// <summary>Writes the record if the stored one still has its <see cref="MachineRecord.Revision"/> (0: there is none yet), and answers whether it did.</summary>
    ValueTask<bool> TryWriteAsync(MachineRecord machine, CancellationToken cancellationToken);

    /// <summary>Machines in the order of their ids, after <paramref name="after"/>.</summary>
    ValueTask<IReadOnlyList<MachineRecord>> ListAsync(MachineId? after, int limit, CancellationToken cancellationToken);
}
