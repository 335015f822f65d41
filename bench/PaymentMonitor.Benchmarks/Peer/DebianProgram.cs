namespace PaymentMonitor.Benchmarks.Peer;

/// <summary>Finds programs that a Debian package installs, also outside of the search path.</summary>
internal static class DebianProgram
{
    /// <exception cref="FileNotFoundException">It is not installed; the message says how to install it.</exception>
    internal static string Find(string name)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return path.Concat(PostgresFolders()).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"'{name}' is not installed. The peer needs Debian's Redis and PostgreSQL: apt-get update && apt-get install -y redis-server postgresql");
    }

    // Debian keeps PostgreSQL's own programs in a folder per major version.
    private static IEnumerable<string> PostgresFolders()
    {
        const string Root = "/usr/lib/postgresql";
        return Directory.Exists(Root)
            ? Directory.EnumerateDirectories(Root).OrderByDescending(folder => folder, StringComparer.Ordinal).Select(folder => Path.Combine(folder, "bin"))
            : [];
    }
}
