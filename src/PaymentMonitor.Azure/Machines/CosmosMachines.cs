using Microsoft.Azure.Cosmos;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>The machines in Cosmos DB. A machine is entered in the list of all before it is written itself, so the list is never behind.</summary>
public sealed class CosmosMachines : IMachineStore
{
    private readonly DocumentSet<MachineDocument> _machines;
    private readonly DocumentSet<MachineEntry> _entries;

    public CosmosMachines(Database database)
    {
        ArgumentNullException.ThrowIfNull(database);
        var container = database.GetContainer(CosmosDatabase.Machines);
        _machines = new DocumentSet<MachineDocument>(container, AzureJson.Default.MachineDocument);
        _entries = new DocumentSet<MachineEntry>(container, AzureJson.Default.MachineEntry);
    }

    public async ValueTask<MachineRecord?> ReadAsync(MachineId machineId, CancellationToken cancellationToken)
    {
        return (await _machines.ReadAsync(MachineDocument.OnlyId, machineId.Value, cancellationToken))?.Document.ToRecord();
    }

    public async ValueTask<bool> TryWriteAsync(MachineRecord machine, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var partition = machine.MachineId.Value;
        var next = MachineDocument.Of(machine, machine.Revision + 1);
        if (machine.Revision == 0)
        {
            await _entries.TryCreateAsync(new MachineEntry(machine.MachineId, MachineEntry.AllMachines), MachineEntry.AllMachines, cancellationToken);
            return await _machines.TryCreateAsync(next, partition, cancellationToken);
        }

        return await _machines.ReadAsync(MachineDocument.OnlyId, partition, cancellationToken) is { } stored
            && stored.Document.Revision == machine.Revision
            && await _machines.TryReplaceAsync(next, MachineDocument.OnlyId, partition, stored.ETag, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<MachineRecord>> ListAsync(MachineId? after, int limit, CancellationToken cancellationToken)
    {
        var query = new QueryDefinition("SELECT * FROM c WHERE c.machineId = @all AND c.id > @after ORDER BY c.id")
            .WithParameter("@all", MachineEntry.AllMachines)
            .WithParameter("@after", after?.Value ?? "");
        var machines = new List<MachineRecord>();
        string? continuation = null;
        do
        {
            var page = await _entries.QueryAsync(query, MachineEntry.AllMachines, limit - machines.Count, continuation, cancellationToken);
            var read = await Task.WhenAll(page.Documents.Select(entry => ReadAsync(entry.Id, cancellationToken).AsTask()));

            // A machine whose registration ended half way is in the list and nowhere else.
            machines.AddRange(read.OfType<MachineRecord>());
            continuation = page.Continuation;
        }
        while (continuation is not null && machines.Count < limit);

        return machines;
    }
}
