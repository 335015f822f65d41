using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>How far each machine's reports have come, as it is kept. Cosmos DB in Azure, SQLite embedded.</summary>
public interface IMachineProgress
{
    ValueTask<MachineProgress?> ReadAsync(MachineId machineId, CancellationToken cancellationToken);

    /// <summary>Writes it if the stored one still has its <see cref="MachineProgress.Revision"/> (0: there is none yet), and answers whether it did. The stored one has the next revision then.</summary>
    ValueTask<bool> TryWriteAsync(MachineProgress progress, CancellationToken cancellationToken);
}
