using SQLitePCL;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// One connection to the file, for one thread at a time. The native calls are used directly: bound and read without boxing, an
/// event costs a few bytes instead of more than a kilobyte of garbage.
/// </summary>
internal sealed class Database : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly HashSet<Statement> _statements = [];

    static Database() => Batteries_V2.Init();

    private Database(sqlite3 handle) => _handle = handle;

    /// <exception cref="StoreException">There is no such file, it cannot be opened, or it is no database.</exception>
    internal static Database Open(string path, bool writable)
    {
        var flags = (writable ? raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE : raw.SQLITE_OPEN_READONLY) | raw.SQLITE_OPEN_NOMUTEX;
        var code = raw.sqlite3_open_v2(path, out var handle, flags, null);
        if (code != raw.SQLITE_OK)
        {
            handle.Dispose();
            throw new StoreException(code, $"{raw.sqlite3_errstr(code).utf8_to_string()}: {path}");
        }

        raw.sqlite3_busy_timeout(handle, 5_000);
        return new Database(handle);
    }

    internal Statement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement));
        var prepared = new Statement(this, statement);
        _statements.Add(prepared);
        return prepared;
    }

    internal void Execute(string sql) => Check(raw.sqlite3_exec(_handle, sql));

    internal long ReadInt64(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Int64(0) : 0;
    }

    internal string ReadText(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Text(0) : "";
    }

    internal bool InTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>How many rows the newest insert, update or delete touched.</summary>
    internal int Changes => raw.sqlite3_changes(_handle);

    /// <summary>Pages that this connection wrote to the write-ahead log since the last call.</summary>
    internal int TakePagesWritten()
    {
        Check(raw.sqlite3_db_status(_handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, resetFlg: 1));
        return pages;
    }

    /// <summary>Copies what it can from the write-ahead log into the file, without waiting for anyone.</summary>
    internal void Checkpoint() => Check(raw.sqlite3_wal_checkpoint_v2(_handle, null, raw.SQLITE_CHECKPOINT_PASSIVE, out _, out _));

    internal void Check(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_DONE or raw.SQLITE_ROW))
        {
            throw new StoreException(code, raw.sqlite3_errmsg(_handle).utf8_to_string());
        }
    }

    internal void Forget(Statement statement) => _statements.Remove(statement);

    public void Dispose()
    {
        // SQLite keeps the file open until the last statement is gone.
        foreach (var statement in _statements.ToArray())
        {
            statement.Dispose();
        }

        _handle.Dispose();
    }
}
