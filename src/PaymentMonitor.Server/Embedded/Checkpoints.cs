using Microsoft.Win32.SafeHandles;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// Copies the write-ahead log back into the file when it has grown. The bulk is copied and flushed on another thread while the loop
/// goes on; the loop then copies only what was added meanwhile, after which the log begins again at its start.
/// </summary>
internal sealed class Checkpoints(Database writer, string path, int pages) : IDisposable
{
    // The second copies what was added during the first, so that next to nothing is left for the loop.
    private const int BulkCopies = 2;

    private int _walPages;
    private Task? _bulk;
    private Database? _bulkDatabase;
    private SafeFileHandle? _file;

    /// <summary>After each commit, on the loop's thread.</summary>
    internal void Run()
    {
        _walPages += writer.TakePagesWritten();
        if (_bulk is { IsCompleted: true })
        {
            _bulk = null;
            _walPages = 0;
            Copy(writer);
        }
        else if (_bulk is null && _walPages >= pages)
        {
            _bulk = Task.Run(CopyBulk);
        }
    }

    /// <summary>To be called before the writer is disposed of, and <see cref="CloseFile"/> after it.</summary>
    public void Dispose()
    {
        _bulk?.Wait();
        _bulkDatabase?.Dispose();
    }

    /// <summary>Closing any handle of a file lets go of all locks that the process holds on it, so this comes when SQLite has closed all of its own.</summary>
    internal void CloseFile() => _file?.Dispose();

    private void CopyBulk()
    {
        try
        {
            if (_bulkDatabase is null)
            {
                _bulkDatabase = Database.Open(path, writable: true);
                _bulkDatabase.Execute("PRAGMA synchronous = FULL");
                _file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            }

            for (var copy = 0; copy < BulkCopies; copy++)
            {
                Copy(_bulkDatabase);
                // SQLite flushes the file only behind the last page of the log, which is the loop's: it would wait for all of them.
                RandomAccess.FlushToDisk(_file!);
            }
        }
        catch (Exception e) when (e is StoreException or IOException or UnauthorizedAccessException)
        {
            // The loop copies it itself.
        }
    }

    // A checkpoint that fails (a full disk) loses nothing: the write-ahead log stays, and the next one tries again.
    private static void Copy(Database database)
    {
        try
        {
            database.Checkpoint();
        }
        catch (StoreException)
        {
        }
    }
}
