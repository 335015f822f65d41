using System.Text;
using SQLitePCL;

namespace PaymentMonitor.Server.Embedded;

/// <summary>A prepared statement. Parameters count from 1 and columns from 0, as in SQLite.</summary>
internal sealed class Statement : IDisposable
{
    private readonly Database _database;
    private readonly sqlite3_stmt _handle;

    internal Statement(Database database, sqlite3_stmt handle)
    {
        _database = database;
        _handle = handle;
    }

    internal Statement Bind(int index, long value)
    {
        _database.Check(raw.sqlite3_bind_int64(_handle, index, value));
        return this;
    }

    internal Statement Bind(int index, long? value)
    {
        _database.Check(value is { } number ? raw.sqlite3_bind_int64(_handle, index, number) : raw.sqlite3_bind_null(_handle, index));
        return this;
    }

    internal Statement Bind(int index, string text)
    {
        const int MaxOnStack = 512;
        if (text.Length > MaxOnStack / 3)
        {
            _database.Check(raw.sqlite3_bind_text(_handle, index, text));
            return this;
        }

        Span<byte> utf8 = stackalloc byte[MaxOnStack];
        _database.Check(raw.sqlite3_bind_text(_handle, index, utf8[..Encoding.UTF8.GetBytes(text, utf8)]));
        return this;
    }

    internal Statement BindOptional(int index, string? text)
    {
        if (text is not null)
        {
            return Bind(index, text);
        }

        _database.Check(raw.sqlite3_bind_null(_handle, index));
        return this;
    }

    internal Statement Bind(int index, ReadOnlySpan<byte> blob)
    {
        _database.Check(raw.sqlite3_bind_blob(_handle, index, blob));
        return this;
    }

    /// <summary>Runs a statement that gives no rows.</summary>
    internal void Run()
    {
        try
        {
            Step();
        }
        finally
        {
            Reset();
        }
    }

    /// <returns>Whether there is a row to read.</returns>
    internal bool Step()
    {
        var code = raw.sqlite3_step(_handle);
        _database.Check(code);
        return code == raw.SQLITE_ROW;
    }

    /// <summary>Ends the reading, so that the connection holds no snapshot, and makes the statement ready for its next run.</summary>
    internal void Reset() => raw.sqlite3_reset(_handle);

    internal long Int64(int column) => raw.sqlite3_column_int64(_handle, column);

    internal bool IsNull(int column) => raw.sqlite3_column_type(_handle, column) == raw.SQLITE_NULL;

    internal string Text(int column) => raw.sqlite3_column_text(_handle, column).utf8_to_string() ?? "";

    /// <summary>Valid until the next step or reset.</summary>
    internal ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_handle, column);

    public void Dispose()
    {
        _handle.Dispose();
        _database.Forget(this);
    }
}
