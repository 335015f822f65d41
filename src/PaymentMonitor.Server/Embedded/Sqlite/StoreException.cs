using SQLitePCL;

namespace PaymentMonitor.Server.Embedded;

/// <summary>SQLite refused: the disk is full, a read failed, the file is damaged.</summary>
internal sealed class StoreException(int code, string message) : Exception(message)
{
    /// <summary>The primary result code of SQLite, one of <c>raw.SQLITE_*</c>.</summary>
    internal int Code { get; } = code & 0xff;

    internal bool IsDamage => Code is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;
}
