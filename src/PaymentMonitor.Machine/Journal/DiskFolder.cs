using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PaymentMonitor.Machine;

/// <summary>Segments as files. A lock file keeps a second process away; the operating system frees it when the process dies.</summary>
internal sealed partial class DiskFolder : IJournalFolder
{
    private const string Extension = ".journal";
    private const string SetAsidePrefix = "damaged-";

    /// <summary>Old ones are deleted: a disk that damages something at each power cut must not be filled by it.</summary>
    private const int MaxSetAside = 8;

    private readonly string _path;
    private readonly FileStream _lock;
    private readonly Dictionary<long, SafeFileHandle> _open = [];

    private DiskFolder(string path, FileStream @lock)
    {
        _path = path;
        _lock = @lock;
    }

    public bool IsVolatile => false;

    /// <exception cref="JournalException">The folder cannot be used.</exception>
    internal static DiskFolder Open(string path)
    {
        var full = Path.GetFullPath(path);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(full);
            }
            else
            {
                Directory.CreateDirectory(full, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new JournalException("journal-unreachable", $"The journal's folder '{full}' cannot be made: {e.Message}", e);
        }

        try
        {
            return new DiskFolder(full, new FileStream(Path.Combine(full, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (IOException e)
        {
            throw new JournalException("journal-in-use", $"Another process has the journal in '{full}' open. One process at a time may: stop the other, or give each a folder of its own.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new JournalException("journal-unreachable", $"This user may not write into the journal's folder '{full}': {e.Message}", e);
        }
    }

    public IReadOnlyList<long> List()
    {
        var numbers = new List<long>();
        foreach (var file in Directory.EnumerateFiles(_path, "*" + Extension))
        {
            if (long.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                numbers.Add(number);
            }
        }

        numbers.Sort();
        return numbers;
    }

    public byte[] Read(long segment)
    {
        using var file = new FileStream(Name(segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    public void Create(long segment, ReadOnlySpan<byte> header, int bytes)
    {
        var handle = Make(Name(segment), FileShare.ReadWrite | FileShare.Delete, bytes);
        try
        {
            RandomAccess.Write(handle, header, 0);
            RandomAccess.FlushToDisk(handle);
            FlushNames();
            _open[segment] = handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public void Write(long segment, long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_open[segment], bytes, offset);

    public void Flush(long segment) => RandomAccess.FlushToDisk(_open[segment]);

    public void Seal(long segment)
    {
        if (_open.Remove(segment, out var handle))
        {
            handle.Dispose();
        }
    }

    public void Delete(long segment)
    {
        Seal(segment);
        File.Delete(Name(segment));
    }

    public string SetAside(long segment, long offset, ReadOnlySpan<byte> bytes)
    {
        var name = Path.Combine(_path, string.Create(CultureInfo.InvariantCulture, $"{SetAsidePrefix}{segment:D8}-{offset:D8}.bin"));
        using (var handle = Make(name, FileShare.None, bytes: 0))
        {
            RandomAccess.Write(handle, bytes, 0);
            RandomAccess.FlushToDisk(handle);
        }

        FlushNames();
        var older = Directory.GetFiles(_path, SetAsidePrefix + "*.bin");
        Array.Sort(older, StringComparer.Ordinal);
        foreach (var file in older.AsSpan(0, Math.Max(older.Length - MaxSetAside, 0)))
        {
            File.Delete(file);
        }

        return name;
    }

    public void Dispose()
    {
        foreach (var handle in _open.Values)
        {
            handle.Dispose();
        }

        _open.Clear();
        _lock.Dispose();
    }

    private static SafeFileHandle Make(string path, FileShare share, long bytes)
    {
        var handle = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, share, FileOptions.None, bytes);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return handle;
    }

    private string Name(long segment) => Path.Combine(_path, segment.ToString("D8", CultureInfo.InvariantCulture) + Extension);

    /// <summary>A new file is found after a power cut only if its folder was flushed as well. Windows does that by itself.</summary>
    private void FlushNames()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var folder = OpenFolder(_path, 0);
        var failed = folder < 0 || FlushFolder(folder) < 0;
        var error = Marshal.GetLastPInvokeErrorMessage();
        if (folder >= 0)
        {
            _ = CloseFolder(folder);
        }

        if (failed)
        {
            throw new IOException($"The folder '{_path}' cannot be flushed: {error}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FlushFolder(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseFolder(int descriptor);
}
