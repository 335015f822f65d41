using System.Globalization;
using SQLitePCL;

namespace PaymentMonitor.Server.Embedded;

/// <summary>The one file: its settings, its tables, and what is checked before it is trusted.</summary>
internal static class Schema
{
    // 2: orders are packed. What was written before stays as it is until the order changes, and is read as it was.
    private const int Version = 2;

    // orders.id begins with the arrival of the first event in milliseconds (see OrderRowId), so newest first, and from and to, are
    // ranges of the key and need no index. orders_open is small: it leaves out what has ended and was confirmed.
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS log(position INTEGER PRIMARY KEY, receivedAt INTEGER NOT NULL, machineId TEXT NOT NULL, source INTEGER NOT NULL, event BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS log_position(only INTEGER PRIMARY KEY CHECK(only = 1), position INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS orders(
            id INTEGER PRIMARY KEY, machineId TEXT NOT NULL, orderId TEXT NOT NULL,
            open INTEGER NOT NULL, status INTEGER NOT NULL, dueAt INTEGER, unconfirmed INTEGER NOT NULL, document BLOB NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS orders_key ON orders(machineId, orderId);
        CREATE INDEX IF NOT EXISTS orders_open ON orders(machineId, status) WHERE open = 1;
        CREATE TABLE IF NOT EXISTS payments(paymentId TEXT NOT NULL, orderRow INTEGER NOT NULL, PRIMARY KEY(paymentId, orderRow)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS refs(paymentRef TEXT PRIMARY KEY, machineId TEXT NOT NULL, orderId TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS machines(machineId TEXT PRIMARY KEY, revision INTEGER NOT NULL, document BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS feed(seq INTEGER PRIMARY KEY, orderRow INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS positions(consumer TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS errands(orderRow INTEGER PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS progress(machineId TEXT PRIMARY KEY, revision INTEGER NOT NULL, document BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS coupons(code TEXT PRIMARY KEY, machineId TEXT NOT NULL, orderId TEXT NOT NULL, expiresAt INTEGER) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS parked(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, paymentRef TEXT NOT NULL, parkedAt INTEGER NOT NULL, body BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS risk(id TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS risk_history(n INTEGER PRIMARY KEY, document BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS dead_letters(
            id INTEGER PRIMARY KEY, time INTEGER NOT NULL, reason TEXT NOT NULL, position INTEGER NOT NULL,
            machineId TEXT NOT NULL, source INTEGER NOT NULL, event BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS webhook_endpoints(id TEXT PRIMARY KEY, revision INTEGER NOT NULL, document BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS webhook_cursors(
            endpointId TEXT NOT NULL, machineId TEXT NOT NULL, orderId TEXT NOT NULL,
            dueAt INTEGER, waiting INTEGER NOT NULL, parked INTEGER NOT NULL, updatedAt INTEGER NOT NULL, document BLOB NOT NULL,
            PRIMARY KEY(endpointId, machineId, orderId)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS webhook_cursors_due ON webhook_cursors(endpointId, dueAt) WHERE dueAt IS NOT NULL;
        CREATE INDEX IF NOT EXISTS webhook_cursors_waiting ON webhook_cursors(endpointId) WHERE waiting = 1;
        CREATE INDEX IF NOT EXISTS webhook_cursors_parked ON webhook_cursors(endpointId) WHERE parked = 1;
        CREATE TABLE IF NOT EXISTS webhook_attempts(
            id INTEGER PRIMARY KEY, endpointId TEXT NOT NULL, machineId TEXT NOT NULL, orderId TEXT NOT NULL, notice INTEGER NOT NULL,
            type TEXT NOT NULL, attempt INTEGER NOT NULL, time INTEGER NOT NULL, outcome INTEGER NOT NULL, status INTEGER, error TEXT,
            durationMs INTEGER NOT NULL, answer TEXT NOT NULL, nextAt INTEGER);
        CREATE INDEX IF NOT EXISTS webhook_attempts_time ON webhook_attempts(endpointId, time);
        CREATE INDEX IF NOT EXISTS webhook_attempts_order ON webhook_attempts(machineId, orderId);
        """;

    // Columns that came later. Whoever does not know them leaves them at their defaults.
    private static readonly (string Table, string Column, string Definition)[] LaterColumns =
    [
        ("dead_letters", "message", "TEXT"),
        ("dead_letters", "receivedAt", "INTEGER"),
        ("dead_letters", "replays", "INTEGER NOT NULL DEFAULT 0"),
        ("dead_letters", "replayedAt", "INTEGER"),
        ("dead_letters", "replayedBy", "TEXT"),
    ];

    /// <summary>Opens or creates the file for writing.</summary>
    /// <exception cref="StartupException"><c>data-damaged</c>, <c>data-newer</c> or <c>data-folder-unusable</c>.</exception>
    internal static Database OpenForWriting(string path, StoreOptions options)
    {
        Database? database = null;
        try
        {
            var size = File.Exists(path) ? new FileInfo(path).Length : 0;
            database = Database.Open(path, writable: true);
            database.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 0;");
            database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA journal_size_limit = {options.JournalBytesMax}"));
            RequireDurable(database);
            if (size > 0 && size <= options.IntegrityCheckMaxBytes && database.ReadText("PRAGMA quick_check(1)") is var found and not "ok")
            {
                throw new StoreException(raw.SQLITE_CORRUPT, found);
            }

            Create(database, path);
            return database;
        }
        catch (StoreException e)
        {
            database?.Dispose();
            throw e.IsDamage
                ? new StartupException(
                    "data-damaged", $"The data file '{path}' is damaged ({e.Message}): put back a backup of it, or move it away to begin anew.", e)
                : new StartupException("data-folder-unusable", $"The data file '{path}' cannot be opened: {e.Message}.", e);
        }
        catch
        {
            database?.Dispose();
            throw;
        }
    }

    private static void Create(Database database, string path)
    {
        switch (database.ReadInt64("PRAGMA user_version"))
        {
            // A later release may add tables without a new version: an earlier one leaves alone what it does not know.
            case >= 0 and <= Version:
                database.Execute($"BEGIN IMMEDIATE; {Tables}");
                AddColumns(database);
                database.Execute($"PRAGMA user_version = {Version}; COMMIT;");
                break;
            case var newer:
                throw new StartupException(
                    "data-newer", $"The data file '{path}' has schema {newer} and this version knows {Version}: run the version that wrote it, or a newer one.");
        }
    }

    private static void AddColumns(Database database)
    {
        foreach (var (table, column, definition) in LaterColumns)
        {
            if (database.ReadInt64($"SELECT count(*) FROM pragma_table_info('{table}') WHERE name = '{column}'") == 0)
            {
                database.Execute($"ALTER TABLE {table} ADD COLUMN {column} {definition}");
            }
        }
    }

    // What a receipt promises rests on these two; SQLite answers an unknown or refused setting with silence.
    private static void RequireDurable(Database database)
    {
        const int Full = 2;
        if (database.ReadText("PRAGMA journal_mode") is not "wal" || database.ReadInt64("PRAGMA synchronous") != Full)
        {
            throw new StartupException("data-folder-unusable", "The data folder's file system does not support a write-ahead log: name a local folder with --data.");
        }
    }
}
