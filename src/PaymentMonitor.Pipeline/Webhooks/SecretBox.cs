using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Encrypts what has to be readable again, such as the secrets with which webhooks are signed: AES-256-GCM under a key of the host
/// that is not in the store, bound to what it belongs to, so that a copy of the store gives no secret away and none can be moved.
/// Several keys may be given: the first encrypts, all decrypt.
/// </summary>
public sealed class SecretBox : IDisposable
{
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly IReadOnlyList<AesGcm> _keys;

    // An AesGcm is for one thread at a time: two that open with the same one at once are told that the tag is wrong.
    private readonly Lock _gate = new();

    private SecretBox(IReadOnlyList<AesGcm> keys) => _keys = keys;

    public static string Rule => "one or several base64 texts of 32 random bytes, separated by commas";

    public static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    public static bool TryParse(string? text, [NotNullWhen(true)] out SecretBox? box)
    {
        box = null;
        var keys = new List<AesGcm>();
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var key = new byte[KeyBytes + 1];
            if (!Convert.TryFromBase64String(part, key, out var length) || length != KeyBytes)
            {
                return false;
            }

            keys.Add(new AesGcm(key.AsSpan(0, KeyBytes), TagBytes));
        }

        box = keys.Count > 0 ? new SecretBox(keys) : null;
        return box is not null;
    }

    /// <param name="owner">What the secret belongs to: needed again to open it.</param>
    public string Seal(string secret, string owner)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var plain = Encoding.UTF8.GetBytes(secret);
        var box = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        lock (_gate)
        {
            _keys[0].Encrypt(
                box.AsSpan(0, NonceBytes), plain, box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(owner));
        }

        return Convert.ToBase64String(box);
    }

    /// <returns>Null where no key opens it.</returns>
    public string? Open(string sealedSecret, string owner)
    {
        ArgumentNullException.ThrowIfNull(sealedSecret);
        var box = Convert.FromBase64String(sealedSecret).AsSpan();
        var plain = new byte[box.Length - NonceBytes - TagBytes];
        foreach (var key in _keys)
        {
            try
            {
                lock (_gate)
                {
                    key.Decrypt(box[..NonceBytes], box[(NonceBytes + TagBytes)..], box.Slice(NonceBytes, TagBytes), plain, Encoding.UTF8.GetBytes(owner));
                }

                return Encoding.UTF8.GetString(plain);
            }
            catch (AuthenticationTagMismatchException)
            {
                // Sealed under another key, perhaps the next one.
            }
        }

        return null;
    }

    public void Dispose()
    {
        foreach (var key in _keys)
        {
            key.Dispose();
        }
    }
}
