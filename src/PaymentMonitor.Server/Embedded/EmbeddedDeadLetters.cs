using System.Globalization;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// Dead letters in the file. Those that the rules make are written in the transaction of their event; others come here. Oldest
/// first, whatever their reason.
/// </summary>
internal sealed class EmbeddedDeadLetters(OrderLoop loop, StoreReaders readers, TimeProvider time) : IDeadLetters
{
    /// <summary>What <see cref="Count"/> stops at: it is asked each second.</summary>
    internal const int CountMax = 10_000;

    private const string Columns = "SELECT id, time, reason, position, machineId, source, event, message, replays, replayedAt, replayedBy, receivedAt FROM dead_letters";

    /// <summary>How many wait for somebody to look.</summary>
    internal long Count()
    {
        using var lease = readers.Rent();
        return lease.Reader.Database.ReadInt64($"SELECT count(*) FROM (SELECT 1 FROM dead_letters WHERE replayedAt IS NULL LIMIT {CountMax})");
    }

    public async ValueTask SetAsideAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(letter);
        await loop.WriteAsync(work => work.SetAside(letter, time.GetUtcNow()), cancellationToken);
    }

    public ValueTask<DeadLetterPage> ListAsync(DeadLetterQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = readers.Rent();
        using var statement = lease.Reader.Database.Prepare($"{Columns} WHERE {Conditions(query)} ORDER BY id LIMIT ?2");
        statement.Bind(1, After(query.Continuation)).Bind(2, query.Limit + 1);
        Bind(statement, query);
        var letters = StoreReader.All(statement, Read);
        var isMore = letters.Count > query.Limit;
        return ValueTask.FromResult(new DeadLetterPage([.. letters.Take(query.Limit)], isMore ? letters[query.Limit - 1].Id : null));
    }

    public ValueTask<KeptDeadLetter?> FindAsync(string id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!TryParse(id, out var row))
        {
            return ValueTask.FromResult<KeptDeadLetter?>(null);
        }

        using var lease = readers.Rent();
        using var statement = lease.Reader.Database.Prepare($"{Columns} WHERE id = ?1");
        return ValueTask.FromResult(StoreReader.All(statement.Bind(1, row), Read).FirstOrDefault());
    }

    public async ValueTask MarkReplayedAsync(string id, Replayed replayed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(replayed);
        await loop.WriteAsync(
            work =>
            {
                using var mark = work.Writer.Database.Prepare("UPDATE dead_letters SET replayedAt = ?2, replayedBy = ?3 WHERE id = ?1");
                mark.Bind(1, After(id)).Bind(2, replayed.At.ToUnixTimeMilliseconds()).Bind(3, replayed.By).Run();
                return work.Writer.Database.Changes;
            },
            cancellationToken);
    }

    private static string Conditions(DeadLetterQuery query)
    {
        List<string> conditions = ["id > ?1"];
        if (query.Reason is not null)
        {
            conditions.Add("reason = ?3");
        }

        if (query.MachineId is not null)
        {
            conditions.Add("machineId = ?4");
        }

        if (query.From is not null)
        {
            conditions.Add("time >= ?5");
        }

        if (query.To is not null)
        {
            conditions.Add("time < ?6");
        }

        if (query.IsReplayed is { } isReplayed)
        {
            conditions.Add(isReplayed ? "replayedAt IS NOT NULL" : "replayedAt IS NULL");
        }

        return string.Join(" AND ", conditions);
    }

    private static void Bind(Statement statement, DeadLetterQuery query)
    {
        if (query.Reason is { } reason)
        {
            statement.Bind(3, reason);
        }

        if (query.MachineId is { } machineId)
        {
            statement.Bind(4, machineId.Value);
        }

        if (query.From is { } from)
        {
            statement.Bind(5, Ceiling(from));
        }

        if (query.To is { } to)
        {
            statement.Bind(6, Ceiling(to));
        }
    }

    // The file keeps milliseconds: the first of them at or after the given moment.
    private static long Ceiling(DateTimeOffset time) => time.AddTicks(TimeSpan.TicksPerMillisecond - 1).ToUnixTimeMilliseconds();

    private static KeptDeadLetter Read(Statement row)
    {
        var body = row.Blob(6).ToArray();
        var machine = row.Text(4);
        var source = row.Int64(5);
        var letter = new DeadLetter(
            row.Text(3),
            row.Text(2),
            body,
            row.IsNull(7) ? null : row.Text(7),
            machine.Length == 0 ? null : MachineId.Parse(machine),
            EventJson.TryRead(body, out var reported, out _) ? reported.OrderId : null,
            source == StoreWriter.UnknownSource ? null : (EventSource)source,
            DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(row.IsNull(11) ? 1 : 11)),
            (int)row.Int64(8));
        var replayed = row.IsNull(9) ? null : new Replayed(DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(9)), row.Text(10));
        return new KeptDeadLetter(row.Int64(0).ToString(CultureInfo.InvariantCulture), DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(1)), letter, replayed);
    }

    private static long After(string? id)
    {
        return id is null ? 0 : TryParse(id, out var row) ? row : throw new FormatException($"'{id}' is not a continuation that a page gave.");
    }

    private static bool TryParse(string id, out long row) => long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out row);
}
