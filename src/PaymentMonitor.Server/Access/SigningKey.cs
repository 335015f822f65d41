using System.Security.Cryptography;

namespace PaymentMonitor.Server;

/// <summary>The access key of the Web PubSub-compatible endpoint: made once per data folder, readable only by its owner.</summary>
internal static class SigningKey
{
    internal static string ReadOrCreate(string folder)
    {
        var path = Path.Combine(folder, "web-pubsub.key");
        if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } existing)
        {
            return existing;
        }

        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new StreamWriter(path, options);
        file.Write(key);
        return key;
    }
}
