namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// Copies the write-ahead log back into the file when it has grown. The bulk is copied on another thread while the loop goes on;
/// the loop then copies only what was added meanwhile, after which the log begins again at its start.
/// </summary>
internal sealed class Checkpoints(Database writer, string path, int pages) : IDisposable
{
    private int _walPages;
    private Task? _bulk;

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
            _bulk = Task.Run(() =>
            {
                try
                {
                    using var database = Database.Open(path, writable: true);
                    database.Execute("PRAGMA synchronous = FULL");
                    Copy(database);
                }
                catch (StoreException)
                {
                    // The loop copies it itself.
                }
            });
        }
    }

    public void Dispose() => _bulk?.Wait();

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
