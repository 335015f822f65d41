namespace PaymentMonitor.Server.Embedded;

/// <summary>The data folder, held by one process at a time. The operating system lets go of the lock when the process ends, however it ends.</summary>
internal sealed class StoreFolder : IDisposable
{
    private const string FileName = "paymentmonitor.db";

    private readonly FileStream _lock;

    private StoreFolder(string path, FileStream lockFile)
    {
        Path = path;
        _lock = lockFile;
    }

    internal string Path { get; }

    internal string Database => DatabaseIn(Path);

    internal static string DatabaseIn(string folder) => System.IO.Path.Combine(folder, FileName);

    /// <exception cref="StartupException"><c>data-folder-locked</c> or <c>data-folder-unusable</c>.</exception>
    internal static StoreFolder Take(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Unusable(path, e);
        }

        try
        {
            return new StoreFolder(path, new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException e)
        {
            throw Unusable(path, e);
        }
        catch (IOException e)
        {
            throw new StartupException(
                "data-folder-locked", $"The data folder '{path}' is in use by another paymentmonitor process: stop it, or name another folder with --data.", e);
        }
    }

    public void Dispose() => _lock.Dispose();

    private static StartupException Unusable(string path, Exception e) =>
        new("data-folder-unusable", $"The data folder '{path}' cannot be written to ({e.Message}): correct its permissions, or name another folder with --data.", e);
}
