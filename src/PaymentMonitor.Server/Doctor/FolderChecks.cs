using System.Globalization;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>The data folder and what lies in it. Only reads, but for one probe file that is gone at once; a server may be running.</summary>
internal static class FolderChecks
{
    private const double LeastShare = 0.05, LowShare = 0.15;
    private const long LeastBytes = 512L * 1024 * 1024, LowBytes = 5L * 1024 * 1024 * 1024;
    private const int FilesNeeded = 8_192;

    internal static Finding Folder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return Finding.Doubtful("data folder", $"'{folder}' is not there yet.", "Nothing, if this is the first start: the server makes it. Otherwise name the right folder with --data.");
        }

        var probe = Path.Combine(folder, $"doctor-{Guid.CreateVersion7():n}");
        try
        {
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
            {
                return Finding.Well("data folder", $"'{folder}' can be written.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Finding.Ill("data folder", $"'{folder}' cannot be written ({e.Message}).", "Give the user that runs the server the right to write there, or name another folder with --data.");
        }
    }

    internal static Finding Disk(string folder)
    {
        var existing = folder;
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            existing = parent;
        }

        try
        {
            var disk = new DriveInfo(existing);
            return Disk(disk.AvailableFreeSpace, disk.TotalSize);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Finding.Doubtful("disk", $"How much space is left cannot be told ({e.Message}).", "Look at it by hand: df.");
        }
    }

    internal static Finding Disk(long freeBytes, long sizeBytes)
    {
        const string Remedy = "Make room on the disk, or move the data folder to a larger one; docs/runbooks/disk-nearly-full.md.";
        var said = string.Create(CultureInfo.InvariantCulture, $"{freeBytes / 1e9:0.0} GB of {sizeBytes / 1e9:0.0} GB are free.");
        if (freeBytes < LeastBytes || freeBytes < sizeBytes * LeastShare)
        {
            return Finding.Ill("disk", said, Remedy);
        }

        return freeBytes < LowBytes && freeBytes < sizeBytes * LowShare ? Finding.Doubtful("disk", said, Remedy) : Finding.Well("disk", said);
    }

    internal static Finding Keys(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return Finding.Well("API keys", "The first start makes an operator key and shows it once.");
        }

        try
        {
            var keys = ApiKeyFile.Open(folder, TimeProvider.System).Keys;
            return keys.Count == 0 || keys.Any(key => key.Role == Roles.Operator)
                ? Finding.Well("API keys", keys.Count == 0 ? "There are none yet; the next start makes an operator key and shows it once." : $"{keys.Count} keys, an operator's among them.")
                : Finding.Doubtful("API keys", "No key has the role operator.", "Make one: paymentmonitor keys add NAME --role operator.");
        }
        catch (StartupException e)
        {
            return Finding.Ill("API keys", e.Message, "Restore the file api-keys.json from a backup, or delete it to get a new operator key at the next start.");
        }
    }

    internal static Finding Store(string folder)
    {
        var path = StoreFolder.DatabaseIn(folder);
        if (!File.Exists(path))
        {
            return Finding.Well("store", "There is no data file yet; the first start makes it.");
        }

        try
        {
            using var database = Database.Open(path, writable: false);
            return database.ReadText("PRAGMA quick_check(1)") is var found and not "ok"
                ? Damaged(path, found)
                : Finding.Well("store", string.Create(CultureInfo.InvariantCulture, $"The data file is whole ({new FileInfo(path).Length / 1e6:N0} MB)."));
        }
        catch (StoreException e)
        {
            return Damaged(path, e.Message);
        }
    }

    /// <summary>The newest arrival in the store is a clock that was right once.</summary>
    internal static Finding Clock(string folder, DateTimeOffset now)
    {
        var path = StoreFolder.DatabaseIn(folder);
        try
        {
            if (File.Exists(path))
            {
                using var database = Database.Open(path, writable: false);
                var newest = DateTimeOffset.FromUnixTimeMilliseconds(database.ReadInt64("SELECT receivedAt FROM log ORDER BY position DESC LIMIT 1"));
                if (newest > now + TimeSpan.FromSeconds(5))
                {
                    return Finding.Ill(
                        "clock", $"The clock says {now:u}, and an event was stored at {newest:u}.", "Set the clock and keep it by NTP; until it has caught up, time stands still for orders.");
                }
            }

            return Finding.Well("clock", $"The clock says {now:u}, which is behind nothing in the store.");
        }
        catch (StoreException)
        {
            return Finding.Doubtful("clock", $"The clock says {now:u}; the store could not be asked.", "See the finding about the store.");
        }
    }

    internal static Finding OpenFiles()
    {
        const string Limits = "/proc/self/limits";
        if (!File.Exists(Limits))
        {
            return Finding.Well("open files", "This system has no limit to look at.");
        }

        var line = File.ReadLines(Limits).First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return long.TryParse(words[4], NumberStyles.None, CultureInfo.InvariantCulture, out var hard) && hard < FilesNeeded
            ? Finding.Doubtful("open files", $"At most {hard:N0} files and connections may be open.", $"Raise the hard limit to {FilesNeeded:N0} or more (LimitNOFILE in systemd, ulimit -Hn): each machine is a connection.")
            : Finding.Well("open files", $"The limit is {words[4]}.");
    }

    private static Finding Damaged(string path, string found) =>
        Finding.Ill("store", $"The data file '{path}' is damaged: {found}.", "Put back a backup of it, or move it away to begin anew; docs/runbooks/store-not-committing.md.");
}
