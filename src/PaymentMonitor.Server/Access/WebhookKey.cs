using System.Text;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server;

/// <summary>The key that encrypts the secrets of webhook endpoints: made once per data folder, beside the store and readable only by its owner.</summary>
internal static class WebhookKey
{
    internal const string FileName = "webhooks.key";

    /// <exception cref="StartupException"><c>damaged-webhook-key</c>: the file is there and is no key.</exception>
    internal static SecretBox ReadOrCreate(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            PrivateFile.Write(path, Encoding.UTF8.GetBytes(SecretBox.NewKey()));
        }

        return SecretBox.TryParse(File.ReadAllText(path), out var box)
            ? box
            : throw new StartupException(
                "damaged-webhook-key", $"The file {path} must hold {SecretBox.Rule}; restore it, or delete it and rotate the secret of every webhook endpoint.");
    }
}
