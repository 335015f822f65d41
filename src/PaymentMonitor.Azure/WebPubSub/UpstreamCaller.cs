using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.Tokens;

namespace PaymentMonitor.Azure;

/// <summary>
/// Whether an upstream request comes from our Web PubSub. In Azure its token of Entra ID proves that. An emulator has an access key
/// instead and signs the connection's id with it, which proves neither body nor time, and is only asked for where there is a key.
/// </summary>
/// <param name="host">The host of our Web PubSub: the only one whose preflight is answered.</param>
/// <param name="accessKey">The key of an emulator; null in Azure.</param>
public sealed class UpstreamCaller(string host, string? accessKey)
{
    /// <returns>The value of <c>WebHook-Allowed-Origin</c>, or null for a service that is not ours.</returns>
    public string? Allows(HttpRequest preflight)
    {
        ArgumentNullException.ThrowIfNull(preflight);
        var origins = preflight.Headers["WebHook-Request-Origin"].ToString().Split(',', StringSplitOptions.TrimEntries);
        return origins.Contains(host, StringComparer.OrdinalIgnoreCase) ? host : null;
    }

    public async Task<UpstreamProof> ProveAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (accessKey is not null)
        {
            return IsSigned(context.Request.Headers, accessKey) ? UpstreamProof.Good : UpstreamProof.Bad;
        }

        try
        {
            return ProofOf(await context.AuthenticateAsync(EntraAccess.WebPubSubScheme));
        }
        catch (Exception e) when (e is IOException or HttpRequestException or InvalidOperationException or TaskCanceledException)
        {
            // The tenant's keys could not be fetched.
            return UpstreamProof.Unknown;
        }
    }

    private static UpstreamProof ProofOf(AuthenticateResult token) => token switch
    {
        { Succeeded: true } => UpstreamProof.Good,

        // Without the tenant's keys no token can be told from a forged one: that passes when the keys can be fetched again.
        { Failure: SecurityTokenSignatureKeyNotFoundException or IOException or HttpRequestException or InvalidOperationException } => UpstreamProof.Unknown,
        _ => UpstreamProof.Bad,
    };

    private static bool IsSigned(IHeaderDictionary headers, string accessKey)
    {
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(accessKey), Encoding.UTF8.GetBytes(headers["ce-connectionId"].ToString()));
        var expected = Encoding.ASCII.GetBytes("sha256=" + Convert.ToHexStringLower(mac));
        return headers["ce-signature"].ToString().Split(',', StringSplitOptions.TrimEntries)
            .Any(given => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(given), expected));
    }
}

/// <summary>What is known of the sender of an upstream request.</summary>
public enum UpstreamProof
{
    /// <summary>It is somebody else.</summary>
    Bad,

    /// <summary>It is our Web PubSub.</summary>
    Good,

    /// <summary>It cannot be told now. Nothing may be done for it, but the connection it speaks for must not be dropped for that.</summary>
    Unknown,
}
