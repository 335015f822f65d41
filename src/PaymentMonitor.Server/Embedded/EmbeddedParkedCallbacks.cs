using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>Callbacks that wait in the file for an order to name their payment reference.</summary>
internal sealed class EmbeddedParkedCallbacks(OrderLoop loop, StoreReaders readers) : IParkedCallbacks
{
    public async ValueTask ParkAsync(ParkedCallback callback, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(callback);
        await loop.WriteAsync(
            work =>
            {
                using var write = work.Writer.Database.Prepare("INSERT OR IGNORE INTO parked(id, paymentRef, parkedAt, body) VALUES(?1, ?2, ?3, ?4)");
                write
                    .Bind(1, callback.Id)
                    .Bind(2, callback.Reference.Value)
                    .Bind(3, callback.ParkedAt.ToUnixTimeMilliseconds())
                    .Bind(4, callback.Body.Span)
                    .Run();
                return work.Writer.Database.Changes;
            },
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<ParkedCallback>> ListAsync(int limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = readers.Rent();
        using var statement = lease.Reader.Database.Prepare("SELECT id, paymentRef, parkedAt, body FROM parked ORDER BY n LIMIT ?1");
        return ValueTask.FromResult<IReadOnlyList<ParkedCallback>>(StoreReader.All(statement.Bind(1, limit), row => new ParkedCallback(
            row.Text(0), PaymentReference.Parse(row.Text(1)), DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(2)), row.Blob(3).ToArray())));
    }

    public async ValueTask RemoveAsync(string id, CancellationToken cancellationToken)
    {
        await loop.WriteAsync(
            work =>
            {
                using var remove = work.Writer.Database.Prepare("DELETE FROM parked WHERE id = ?1");
                remove.Bind(1, id).Run();
                return work.Writer.Database.Changes;
            },
            cancellationToken);
    }
}
