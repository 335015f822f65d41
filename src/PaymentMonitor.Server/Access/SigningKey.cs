using System.Security.Cryptography;
using System.Text;

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
        PrivateFile.Write(path, Encoding.UTF8.GetBytes(key));
        return key;
    }
}
