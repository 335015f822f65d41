using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace WebhookReceiver;

/// <summary>The check of Standard Webhooks, whole: HMAC-SHA256 over <c>id.timestamp.body</c>, and a time that is not too far off.</summary>
internal static class Signature
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    internal static bool Holds(string secret, string id, string timestamp, string signatures, ReadOnlySpan<byte> body, TimeProvider time)
    {
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(time.GetUtcNow().ToUnixTimeSeconds() - seconds) > Tolerance.TotalSeconds)
        {
            return false;
        }

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        var expected = Encoding.ASCII.GetBytes("v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), signed)));

        // Several while a secret is replaced: one that holds is enough.
        return signatures.Split(' ').Any(signature => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(signature), expected));
    }
}
