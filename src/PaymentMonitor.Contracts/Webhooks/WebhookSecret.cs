using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PaymentMonitor.Contracts;

/// <summary>
/// A shared secret of the Standard Webhooks specification: <c>whsec_</c> and the base64 of 24 to 64 random bytes. It signs
/// <c>id.timestamp.body</c> with HMAC-SHA256 and checks such signatures.
/// </summary>
public sealed class WebhookSecret
{
    /// <summary>How far a delivery's timestamp may be from the receiver's clock, either way: older ones may be replays.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private const string Prefix = "whsec_";

    private readonly byte[] _key;

    private WebhookSecret(byte[] key) => _key = key;

    public static string Rule => "'whsec_' and the base64 of 24 to 64 random bytes";

    /// <summary>The text form, to be shown once and stored as a secret.</summary>
    public static string Generate() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out WebhookSecret? secret)
    {
        secret = null;
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var key = new byte[64];
        if (!Convert.TryFromBase64String(text[Prefix.Length..], key, out var length) || length < 24)
        {
            return false;
        }

        secret = new WebhookSecret(key[..length]);
        return true;
    }

    /// <returns>The value of the header <c>webhook-signature</c>.</returns>
    public string Sign(string id, DateTimeOffset timestamp, ReadOnlySpan<byte> body) => "v1," + Convert.ToBase64String(Mac(id, timestamp.ToUnixTimeSeconds(), body));

    /// <param name="timestamp">The header <c>webhook-timestamp</c>: unix seconds.</param>
    /// <param name="signatures">The header <c>webhook-signature</c>: one or several signatures, separated by spaces.</param>
    public bool Verify(string id, string timestamp, string signatures, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(signatures);
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(now.ToUnixTimeSeconds() - seconds) > Tolerance.TotalSeconds)
        {
            return false;
        }

        var expected = Mac(id, seconds, body);
        var given = new byte[64];
        foreach (var signature in signatures.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (signature.StartsWith("v1,", StringComparison.Ordinal)
                && Convert.TryFromBase64String(signature[3..], given, out var length)
                && CryptographicOperations.FixedTimeEquals(given.AsSpan(0, length), expected))
            {
                return true;
            }
        }

        return false;
    }

    private byte[] Mac(string id, long timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")));
        hmac.AppendData(body);
        return hmac.GetHashAndReset();
    }
}
