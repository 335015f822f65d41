using System.Text.Json;

namespace PaymentMonitor.Server;

/// <summary>Tells other commands on the same data folder where its server listens, by a file that lives as long as the server.</summary>
internal sealed class RunningServer : IDisposable
{
    private readonly string _path;

    private RunningServer(string path) => _path = path;

    internal static RunningServer Announce(string folder, Uri address)
    {
        var path = PathIn(folder);
        File.WriteAllText(path, $$"""{"url":"{{address}}","processId":{{Environment.ProcessId}}}""");
        return new RunningServer(path);
    }

    /// <returns>The server's address, or null where none runs. A file that a killed server left behind is not believed.</returns>
    internal static Uri? Find(string folder)
    {
        try
        {
            using var file = JsonDocument.Parse(File.ReadAllBytes(PathIn(folder)));
            using var process = System.Diagnostics.Process.GetProcessById(file.RootElement.GetProperty("processId").GetInt32());
            return process.ProcessName.Contains("paymentmonitor", StringComparison.OrdinalIgnoreCase) || process.ProcessName.Contains("dotnet", StringComparison.OrdinalIgnoreCase)
                ? new Uri(file.RootElement.GetProperty("url").GetString()!)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or ArgumentException or KeyNotFoundException or UriFormatException)
        {
            return null;
        }
    }

    public void Dispose() => File.Delete(_path);

    private static string PathIn(string folder) => Path.Combine(folder, "server.json");
}
