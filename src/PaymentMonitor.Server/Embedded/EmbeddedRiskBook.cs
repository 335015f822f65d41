using System.Text.Json;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>The reference data in the file. An entry and its place in the history are one transaction.</summary>
internal sealed class EmbeddedRiskBook(OrderLoop loop, StoreReaders readers) : IRiskBook
{
    public ValueTask<IReadOnlyList<RiskEntry>> ListAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = readers.Rent();
        using var statement = lease.Reader.Database.Prepare("SELECT document FROM risk ORDER BY id");
        return ValueTask.FromResult<IReadOnlyList<RiskEntry>>(StoreReader.All(statement, row => ReadEntry(row, 0)));
    }

    public async ValueTask SetAsync(RiskEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        await loop.WriteAsync(
            work =>
            {
                using var write = work.Writer.Database.Prepare("INSERT OR REPLACE INTO risk(id, document) VALUES(?1, ?2)");
                write.Bind(1, entry.Id).Bind(2, JsonSerializer.SerializeToUtf8Bytes(entry, RiskJson.Default.RiskEntry)).Run();
                Note(work.Writer.Database, new RiskChange(entry, IsRemoved: false, entry.By, entry.Reason, entry.At));
                return true;
            },
            cancellationToken);
    }

    public async ValueTask<RiskEntry?> RemoveAsync(string id, string by, string reason, DateTimeOffset at, CancellationToken cancellationToken)
    {
        return await loop.WriteAsync(
            work =>
            {
                var database = work.Writer.Database;
                using var find = database.Prepare("SELECT document FROM risk WHERE id = ?1");
                if (StoreReader.All(find.Bind(1, id), row => ReadEntry(row, 0)).FirstOrDefault() is not { } entry)
                {
                    return null;
                }

                using var remove = database.Prepare("DELETE FROM risk WHERE id = ?1");
                remove.Bind(1, id).Run();
                Note(database, new RiskChange(entry, IsRemoved: true, by, reason, at));
                return entry;
            },
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<RiskChange>> HistoryAsync(int limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = readers.Rent();
        using var statement = lease.Reader.Database.Prepare("SELECT document FROM risk_history ORDER BY n DESC LIMIT ?1");
        return ValueTask.FromResult<IReadOnlyList<RiskChange>>(StoreReader.All(
            statement.Bind(1, limit), row => JsonSerializer.Deserialize(row.Blob(0), RiskJson.Default.RiskChange)!));
    }

    private static void Note(Database database, RiskChange change)
    {
        using var note = database.Prepare("INSERT INTO risk_history(document) VALUES(?1)");
        note.Bind(1, JsonSerializer.SerializeToUtf8Bytes(change, RiskJson.Default.RiskChange)).Run();
    }

    private static RiskEntry ReadEntry(Statement row, int column) => JsonSerializer.Deserialize(row.Blob(column), RiskJson.Default.RiskEntry)!;
}
