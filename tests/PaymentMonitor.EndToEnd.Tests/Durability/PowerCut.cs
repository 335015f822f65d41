namespace PaymentMonitor.EndToEnd.Tests.Durability;

/// <summary>
/// The disk after a power cut: everything that was synced, and of the rest whatever the disk had got round to. Writes are kept,
/// lost or torn at sectors, each on its own, because neither the operating system nor the disk promises an order.
/// </summary>
internal sealed class PowerCut(SystemCallTrace trace, int at, Random random)
{
    private const int SectorBytes = 512;

    // Once a cut loses all that it may and once it keeps nearly all; in between by chance.
    private readonly double _kept = random.Next(4) switch { 0 => 0.0, 1 => 0.95, _ => random.NextDouble() };

    private readonly Dictionary<string, int> _newestSync = NewestSyncs(trace, at);

    /// <summary>What the world had been told by then.</summary>
    internal IEnumerable<string> Told => trace.Operations.OfType<SystemCallTrace.Told>().Where(told => told.Start < at).Select(told => told.Line);

    /// <summary>Writes the files of one folder as they are after the cut into another.</summary>
    internal void Restore(string from, string to)
    {
        var files = new Dictionary<string, MemoryStream>();
        foreach (var operation in trace.Operations)
        {
            if (operation.Start >= at)
            {
                continue;
            }

            switch (operation)
            {
                case SystemCallTrace.Write write when write.Path.StartsWith(from, StringComparison.Ordinal):
                    Apply(write, File(files, write.Path));
                    break;
                case SystemCallTrace.Truncate truncate when truncate.Path.StartsWith(from, StringComparison.Ordinal):
                    if (IsSynced(truncate.Path, truncate.End) || IsKept())
                    {
                        File(files, truncate.Path).SetLength(truncate.Size);
                    }

                    break;
                // A file is gone for good when its folder was synced.
                case SystemCallTrace.Unlink unlink when IsSynced(Path.GetDirectoryName(unlink.Path)!, unlink.End) || IsKept():
                    files.Remove(unlink.Path);
                    break;
            }
        }

        foreach (var (path, content) in files)
        {
            System.IO.File.WriteAllBytes(Path.Combine(to, Path.GetFileName(path)), content.ToArray());
        }
    }

    private void Apply(SystemCallTrace.Write write, MemoryStream file)
    {
        if (IsSynced(write.Path, write.End) || IsKept())
        {
            Put(file, write.Offset, write.Data);
            return;
        }

        // Lost, or torn: some of its sectors arrived.
        if (random.Next(2) == 0)
        {
            return;
        }

        for (var from = 0; from < write.Data.Length;)
        {
            var length = Math.Min(SectorBytes - (int)((write.Offset + from) % SectorBytes), write.Data.Length - from);
            if (IsKept())
            {
                Put(file, write.Offset + from, write.Data.AsSpan(from, length));
            }

            from += length;
        }
    }

    private bool IsKept() => random.NextDouble() < _kept;

    // A write is safe when a sync that began after it was done has ended before the cut.
    private bool IsSynced(string path, int end) => _newestSync.TryGetValue(path, out var sync) && end < sync;

    private static Dictionary<string, int> NewestSyncs(SystemCallTrace trace, int at)
    {
        var newest = new Dictionary<string, int>();
        foreach (var sync in trace.Operations.OfType<SystemCallTrace.Sync>())
        {
            if (sync.End < at)
            {
                newest[sync.Path] = Math.Max(sync.Start, newest.GetValueOrDefault(sync.Path));
            }
        }

        return newest;
    }

    private static MemoryStream File(Dictionary<string, MemoryStream> files, string path)
    {
        if (!files.TryGetValue(path, out var file))
        {
            files.Add(path, file = new MemoryStream());
        }

        return file;
    }

    private static void Put(MemoryStream file, long offset, ReadOnlySpan<byte> data)
    {
        file.Position = offset;
        file.Write(data);
    }
}
