using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>How far each machine's reports have come, in the file.</summary>
internal sealed class EmbeddedProgress(OrderLoop loop, StoreReaders readers) : IMachineProgress
{
    public ValueTask<MachineProgress?> ReadAsync(MachineId machineId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = readers.Rent();
        using var statement = lease.Reader.Database.Prepare("SELECT document FROM progress WHERE machineId = ?1");
        return ValueTask.FromResult(StoreReader.All(statement.Bind(1, machineId.Value), row => MachineProgressDocument.Read(row.Blob(0))).FirstOrDefault());
    }

    public async ValueTask<bool> TryWriteAsync(MachineProgress progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(progress);
        var document = MachineProgressDocument.Write(progress, progress.Revision + 1);
        return await loop.WriteAsync(
            work =>
            {
                using var write = work.Writer.Database.Prepare(progress.Revision == 0
                    ? "INSERT OR IGNORE INTO progress(machineId, revision, document) VALUES(?1, ?2 + 1, ?3)"
                    : "UPDATE progress SET revision = ?2 + 1, document = ?3 WHERE machineId = ?1 AND revision = ?2");
                write.Bind(1, progress.MachineId.Value).Bind(2, progress.Revision).Bind(3, document).Run();
                return work.Writer.Database.Changes == 1;
            },
            cancellationToken);
    }
}
