using System.Security.Cryptography;
using System.Text;

namespace PaymentMonitor.Pipeline;

/// <summary>Secrets are 256 random bits, so one SHA-256 protects them as well as anything slower would.</summary>
public static class SecretHash
{
    public static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public static string Of(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    public static bool Matches(string hash, string secret)
    {
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(Of(secret)));
    }
}
