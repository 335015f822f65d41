using System.Globalization;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>The delivery log in the file.</summary>
internal sealed class EmbeddedWebhookLog(OrderLoop loop, StoreReaders readers, TimeProvider time) : IWebhookLog
{
    private const string Columns = "machineId, orderId, notice, type, attempt, time, outcome, status, error, durationMs, answer, nextAt, id";

    public ValueTask<AttemptPage> ListAsync(AttemptQuery query, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentNullException.ThrowIfNull(query);
        var (time, id) = Position(query.Continuation);
        var sql = $"SELECT {Columns} FROM webhook_attempts WHERE endpointId = ?1 AND (time, id) < (?2, ?3)"
            + (query.MachineId is null ? "" : " AND machineId = ?4")
            + (query.Order is null ? "" : " AND orderId = ?5")
            + (query.Outcome is null ? "" : " AND outcome = ?6")
            + " ORDER BY time DESC, id DESC LIMIT ?7";
        using var lease = readers.Rent();
        using var statement = lease.Reader.Database.Prepare(sql);
        statement.Bind(1, query.EndpointId).Bind(2, time).Bind(3, id).Bind(7, query.Limit);
        if (query.MachineId is { } machine)
        {
            statement.Bind(4, machine.Value);
        }

        if (query.Order is { } order)
        {
            statement.Bind(5, order.Value);
        }

        if (query.Outcome is { } outcome)
        {
            statement.Bind(6, (long)outcome);
        }

        var last = (Time: 0L, Id: 0L);
        var attempts = StoreReader.All(statement, row =>
        {
            last = (row.Int64(5), row.Int64(12));
            return Read(query.EndpointId, row);
        });
        return ValueTask.FromResult(new AttemptPage(
            attempts, attempts.Count == query.Limit ? string.Create(CultureInfo.InvariantCulture, $"{last.Time}-{last.Id}") : null));
    }

    public ValueTask<DeliveryStatistics> StatisticsAsync(string endpointId, DateTimeOffset since, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = readers.Rent();
        var database = lease.Reader.Database;
        using var counts = database.Prepare("SELECT outcome, count(*), max(time) FROM webhook_attempts WHERE endpointId = ?1 AND time >= ?2 GROUP BY outcome");
        var byOutcome = StoreReader
            .All(counts.Bind(1, endpointId).Bind(2, since.ToUnixTimeMilliseconds()), row => (Outcome: (AttemptOutcome)row.Int64(0), Count: row.Int64(1), Last: Time(row, 2)))
            .ToDictionary(line => line.Outcome);
        using var waiting = database.Prepare("SELECT count(*) FROM webhook_cursors WHERE endpointId = ?1 AND dueAt IS NOT NULL");
        using var held = database.Prepare("SELECT count(*) FROM webhook_cursors WHERE endpointId = ?1 AND waiting = 1");
        var delivered = Count(AttemptOutcome.Delivered);
        return ValueTask.FromResult(new DeliveryStatistics(
            delivered,
            Count(AttemptOutcome.Failed),
            Count(AttemptOutcome.Parked),
            Single(waiting) + Single(held),
            DurationAt(0.5),
            DurationAt(0.95),
            Last(AttemptOutcome.Delivered),
            new[] { Last(AttemptOutcome.Failed), Last(AttemptOutcome.Parked) }.Max()));

        long Count(AttemptOutcome outcome) => byOutcome.TryGetValue(outcome, out var line) ? line.Count : 0;

        DateTimeOffset? Last(AttemptOutcome outcome) => byOutcome.TryGetValue(outcome, out var line) ? line.Last : null;

        long Single(Statement statement) => StoreReader.All(statement.Bind(1, endpointId), row => row.Int64(0)).Single();

        int? DurationAt(double part)
        {
            using var ranked = database.Prepare(
                "SELECT durationMs FROM webhook_attempts WHERE endpointId = ?1 AND time >= ?2 AND outcome = 0 ORDER BY durationMs LIMIT 1 OFFSET ?3");
            ranked.Bind(1, endpointId).Bind(2, since.ToUnixTimeMilliseconds()).Bind(3, (long)(part * (delivered - 1)));
            return delivered == 0 ? null : StoreReader.All(ranked, row => (int?)row.Int64(0)).SingleOrDefault();
        }
    }

    /// <summary>Takes out attempts that are older than the retention, a little at a time, so that events never wait long for it.</summary>
    internal async Task TrimAsync(CancellationToken cancellationToken)
    {
        const int RowsAtOnce = 500;
        var before = (time.GetUtcNow() - WebhookOptions.Retention).ToUnixTimeMilliseconds();
        while (await loop.WriteAsync(work => Delete(work.Writer.Database, before, RowsAtOnce), cancellationToken) == RowsAtOnce)
        {
        }
    }

    private static int Delete(Database database, long before, int limit)
    {
        using var delete = database.Prepare("DELETE FROM webhook_attempts WHERE time < ?1 AND id IN (SELECT id FROM webhook_attempts ORDER BY id LIMIT ?2)");
        delete.Bind(1, before).Bind(2, limit).Run();
        return database.Changes;
    }

    private static DeliveryAttempt Read(string endpointId, Statement row) => new(
        WebhookRows.ReadKey(endpointId, row, 0),
        (int)row.Int64(2),
        row.Text(3),
        (int)row.Int64(4),
        Time(row, 5)!.Value,
        (AttemptOutcome)row.Int64(6),
        row.IsNull(7) ? null : (int)row.Int64(7),
        row.IsNull(8) ? null : row.Text(8),
        (int)row.Int64(9),
        row.Text(10),
        Time(row, 11));

    private static DateTimeOffset? Time(Statement row, int column) =>
        row.IsNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(column));

    private static (long Time, long Id) Position(string? continuation)
    {
        if (continuation is null)
        {
            return (long.MaxValue, long.MaxValue);
        }

        var parts = continuation.Split('-');
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? (time, id)
            : throw new FormatException("The continuation is none that a page gave.");
    }
}
