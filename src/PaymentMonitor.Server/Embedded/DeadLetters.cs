using System.Text;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server.Embedded;

/// <summary>Events that were taken in and could not count, with the reason, as they were sent.</summary>
internal sealed class DeadLetters(StoreReaders readers)
{
    /// <summary>What <see cref="Count"/> stops at: it is asked each second.</summary>
    internal const int CountMax = 10_000;

    internal long Count()
    {
        using var lease = readers.Rent();
        return lease.Reader.Database.ReadInt64($"SELECT count(*) FROM (SELECT 1 FROM dead_letters LIMIT {CountMax})");
    }

    /// <summary>Oldest first, after the id of the last one read.</summary>
    internal IReadOnlyList<DeadLetter> List(long after, int limit)
    {
        using var lease = readers.Rent();
        using var statement = lease.Reader.Database.Prepare(
            "SELECT id, time, reason, position, machineId, source, event FROM dead_letters WHERE id > ?1 ORDER BY id LIMIT ?2");
        statement.Bind(1, after).Bind(2, limit);
        return StoreReader.All(statement, row => new DeadLetter(
            row.Int64(0),
            DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(1)),
            row.Text(2),
            row.Int64(3),
            MachineId.Parse(row.Text(4)),
            (EventSource)row.Int64(5),
            Encoding.UTF8.GetString(row.Blob(6))));
    }
}

/// <param name="Position">Its place in the log.</param>
/// <param name="Event">The JSON as it was sent.</param>
internal sealed record DeadLetter(long Id, DateTimeOffset Time, string Reason, long Position, MachineId MachineId, EventSource Source, string Event);
