using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>The registry of machines in the file. Writes go through the loop, the only writer.</summary>
internal sealed class EmbeddedMachines(OrderLoop loop, StoreReaders readers) : IMachineStore
{
    public ValueTask<MachineRecord?> ReadAsync(MachineId machineId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = readers.Rent();
        return ValueTask.FromResult(lease.Reader.FindMachine(machineId));
    }

    public async ValueTask<bool> TryWriteAsync(MachineRecord machine, CancellationToken cancellationToken) =>
        await loop.WriteAsync(work => TryWrite(work.Writer.Database, machine), cancellationToken);

    public ValueTask<IReadOnlyList<MachineRecord>> ListAsync(MachineId? after, int limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = readers.Rent();
        return ValueTask.FromResult<IReadOnlyList<MachineRecord>>(lease.Reader.Machines(after, limit));
    }

    private static bool TryWrite(Database database, MachineRecord machine)
    {
        using var write = database.Prepare(machine.Revision == 0
            ? "INSERT OR IGNORE INTO machines(machineId, revision, document) VALUES(?1, ?2 + 1, ?3)"
            : "UPDATE machines SET revision = ?2 + 1, document = ?3 WHERE machineId = ?1 AND revision = ?2");
        write
            .Bind(1, machine.MachineId.Value)
            .Bind(2, machine.Revision)
            .Bind(3, MachineDocument.Write(machine with { Revision = machine.Revision + 1 }))
            .Run();
        return database.Changes == 1;
    }
}
