namespace PaymentMonitor.Server;

/// <summary>A file that only its owner can read, for what must not leave the data folder.</summary>
internal static class PrivateFile
{
    /// <summary>Written beside and renamed, so that a crash leaves the old content or the new.</summary>
    internal static void Write(string path, ReadOnlySpan<byte> content)
    {
        var beside = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(beside, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }
}
