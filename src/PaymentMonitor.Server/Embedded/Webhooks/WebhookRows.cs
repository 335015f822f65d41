using System.Runtime.CompilerServices;
using System.Text.Json;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>The statements over the cursors of webhooks, prepared once for each connection to the file. For one thread at a time.</summary>
internal sealed class WebhookRows
{
    private static readonly ConditionalWeakTable<Database, WebhookRows> Known = [];

    private readonly Statement _find, _due, _next;
    private Statement? _save, _log;

    private WebhookRows(Database database)
    {
        Database = database;
        _find = database.Prepare("SELECT document FROM webhook_cursors WHERE endpointId = ?1 AND machineId = ?2 AND orderId = ?3");
        _due = database.Prepare("SELECT machineId, orderId FROM webhook_cursors WHERE endpointId = ?1 AND dueAt <= ?2 ORDER BY dueAt LIMIT ?3");
        _next = database.Prepare("SELECT min(dueAt) FROM webhook_cursors WHERE endpointId = ?1 AND dueAt > ?2");
    }

    private Database Database { get; }

    internal static WebhookRows Of(Database database) => Known.GetValue(database, static opened => new WebhookRows(opened));

    internal WebhookCursor? Find(CursorKey key)
    {
        try
        {
            BindKey(_find, key);
            return _find.Step() ? JsonSerializer.Deserialize(_find.Blob(0), WebhookJson.Default.WebhookCursor) : null;
        }
        finally
        {
            _find.Reset();
        }
    }

    internal List<CursorKey> Due(string endpointId, DateTimeOffset now, int limit) =>
        StoreReader.All(_due.Bind(1, endpointId).Bind(2, now.ToUnixTimeMilliseconds()).Bind(3, limit), row => ReadKey(endpointId, row, 0));

    internal DateTimeOffset? NextDue(string endpointId, DateTimeOffset now) => StoreReader.All(
        _next.Bind(1, endpointId).Bind(2, now.ToUnixTimeMilliseconds()),
        row => row.IsNull(0) ? (DateTimeOffset?)null : DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(0))).Single();

    internal void Save(WebhookCursor cursor)
    {
        _save ??= Database.Prepare("""
            INSERT INTO webhook_cursors(endpointId, machineId, orderId, dueAt, waiting, parked, updatedAt, document) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT DO UPDATE SET dueAt = ?4, waiting = ?5, parked = ?6, updatedAt = ?7, document = ?8
            """);
        BindKey(_save, cursor.Key);
        _save
            .Bind(4, Milliseconds(cursor.DueAt))
            .Bind(5, cursor.Waiting ? 1 : 0)
            .Bind(6, cursor.Parked.IsEmpty ? 0 : 1)
            .Bind(7, cursor.UpdatedAt.ToUnixTimeMilliseconds())
            .Bind(8, JsonSerializer.SerializeToUtf8Bytes(cursor, WebhookJson.Default.WebhookCursor))
            .Run();
    }

    internal void Add(DeliveryAttempt attempt)
    {
        _log ??= Database.Prepare("""
            INSERT INTO webhook_attempts(endpointId, machineId, orderId, notice, type, attempt, time, outcome, status, error, durationMs, answer, nextAt)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
            """);
        BindKey(_log, attempt.Key);
        _log.Bind(4, attempt.Notice)
            .Bind(5, attempt.Type)
            .Bind(6, attempt.Attempt)
            .Bind(7, attempt.Time.ToUnixTimeMilliseconds())
            .Bind(8, (long)attempt.Outcome)
            .Bind(9, attempt.Status)
            .BindOptional(10, attempt.Error)
            .Bind(11, attempt.DurationMs)
            .Bind(12, attempt.Answer)
            .Bind(13, Milliseconds(attempt.NextAt))
            .Run();
    }

    internal static CursorKey ReadKey(string endpointId, Statement row, int column) =>
        new(endpointId, new OrderKey(MachineId.Parse(row.Text(column)), OrderId.Parse(row.Text(column + 1))));

    // Rounded up: due in the row must never be before due in the document, or it would be looked at in vain until then.
    private static long? Milliseconds(DateTimeOffset? time) =>
        time is { } moment ? (moment.UtcTicks + TimeSpan.TicksPerMillisecond - 1 - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond : null;

    private static void BindKey(Statement statement, CursorKey key) =>
        statement.Bind(1, key.EndpointId).Bind(2, key.Order.MachineId.Value).Bind(3, key.Order.OrderId.Value);
}
