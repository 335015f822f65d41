using Microsoft.Azure.Cosmos;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>How far each machine's reports have come, in a document beside the machine's own.</summary>
public sealed class CosmosProgress : IMachineProgress
{
    private readonly DocumentSet<MachineProgress> _progress;

    public CosmosProgress(Database database)
    {
        ArgumentNullException.ThrowIfNull(database);
        _progress = new DocumentSet<MachineProgress>(
            database.GetContainer(CosmosDatabase.Machines), MachineProgressDocument.Write, bytes => MachineProgressDocument.Read(bytes.Span));
    }

    public async ValueTask<MachineProgress?> ReadAsync(MachineId machineId, CancellationToken cancellationToken) =>
        (await _progress.ReadAsync(MachineProgressDocument.Id, machineId.Value, cancellationToken))?.Document;

    public async ValueTask<bool> TryWriteAsync(MachineProgress progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(progress);
        var partition = progress.MachineId.Value;
        var next = progress.Copy();
        next.Revision++;
        if (progress.Revision == 0)
        {
            return await _progress.TryCreateAsync(next, partition, cancellationToken);
        }

        return await _progress.ReadAsync(MachineProgressDocument.Id, partition, cancellationToken) is { } stored
            && stored.Document.Revision == progress.Revision
            && await _progress.TryReplaceAsync(next, MachineProgressDocument.Id, partition, stored.ETag, cancellationToken);
    }
}
