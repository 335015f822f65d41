using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// Makes and checks the tokens of one access key: JWTs with HS256 whose key is the UTF-8 of the access key, as Azure Web PubSub and
/// Microsoft's SDKs have them. Of the audience only the path is compared: behind a proxy or a port mapping the host is no longer the same.
/// </summary>
internal sealed class WebPubSubTokens
{
    internal const string RoleClaim = "role";
    internal const string GroupClaim = "webpubsub.group";
    private const int LeastKeyBytes = 32;

    /// <summary>How far another machine's clock may be ahead when it dates a token.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    private readonly TimeProvider _time;
    private readonly byte[] _key;
    private readonly SigningCredentials _signing;
    private readonly TokenValidationParameters _validation;

    /// <param name="accessKey">At least 32 bytes of UTF-8.</param>
    internal WebPubSubTokens(string accessKey, TimeProvider time)
    {
        _key = Encoding.UTF8.GetBytes(accessKey);
        if (_key.Length < LeastKeyBytes)
        {
            throw new ArgumentException($"The access key must have at least {LeastKeyBytes} bytes: HS256 is no safer than its key is long.", nameof(accessKey));
        }

        _time = time;
        var securityKey = new SymmetricSecurityKey(_key);
        _signing = new SigningCredentials(securityKey, SecurityAlgorithms.HmacSha256);
        _validation = new TokenValidationParameters
        {
            IssuerSigningKey = securityKey,
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            ValidateIssuer = false,

            // Checked below: the audience by its path, the times by this server's clock.
            ValidateAudience = false,
            ValidateLifetime = false,
        };
    }

    /// <summary>A token with which a client can connect to a hub.</summary>
    /// <param name="endpoint">Where the service is, as the client sees it.</param>
    internal string ForClient(
        Uri endpoint, string hub, string? userId, TimeSpan lifetime, IEnumerable<string>? roles = null, IEnumerable<string>? groups = null)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        var claims = new Dictionary<string, object>();
        AddClaim(claims, JwtRegisteredClaimNames.Sub, userId);
        AddClaim(claims, RoleClaim, roles?.ToArray());
        AddClaim(claims, GroupClaim, groups?.ToArray());
        return Handler.CreateToken(new SecurityTokenDescriptor
        {
            Audience = new Uri(endpoint, ClientPath(hub)).ToString(),
            Claims = claims,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + lifetime,
            SigningCredentials = _signing,
        });
    }

    /// <summary>The WebSocket address of a hub, without a token.</summary>
    internal static Uri ClientUrl(Uri endpoint, string hub)
    {
        var scheme = endpoint.Scheme is "https" or "wss" ? Uri.UriSchemeWss : Uri.UriSchemeWs;
        return new UriBuilder(new Uri(endpoint, ClientPath(hub))) { Scheme = scheme, Port = endpoint.Port }.Uri;
    }

    internal static string ClientPath(string hub) => $"/client/hubs/{hub}";

    /// <summary>Checks signature, times and audience.</summary>
    /// <param name="path">The path that the token must be made for.</param>
    internal async ValueTask<TokenCheck> CheckAsync(string? token, string path)
    {
        if (string.IsNullOrEmpty(token))
        {
            return new TokenCheck.Refused(new NamedError("token-missing", "A token is needed, in the query's 'access_token' or in the header 'Authorization: Bearer'."));
        }

        var result = await Handler.ValidateTokenAsync(token, _validation);
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt)
        {
            return new TokenCheck.Refused(new NamedError("token-invalid", "The token is not a JWT signed with this endpoint's access key."));
        }

        var now = _time.GetUtcNow().UtcDateTime;
        if (!jwt.TryGetPayloadValue<long>(JwtRegisteredClaimNames.Exp, out _) || jwt.ValidTo <= now)
        {
            return new TokenCheck.Refused(new NamedError("token-expired", "The token has expired; ask for a new one."));
        }

        if (jwt.ValidFrom > now + ClockSkew)
        {
            return new TokenCheck.Refused(new NamedError("token-not-yet-valid", "The token is not valid yet; compare the clocks."));
        }

        return jwt.Audiences.Any(audience => IsFor(audience, path))
            ? new TokenCheck.Good(jwt)
            : new TokenCheck.Refused(new NamedError("token-foreign", $"The token's audience is not '{path}' here."));
    }

    /// <summary>The token that recovers one connection. It is as good as the connection's state, and needs no other limit.</summary>
    internal string ForRecovery(string connectionId)
    {
        return Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"recover {connectionId}")));
    }

    internal bool IsForRecovery(string connectionId, string token)
    {
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(ForRecovery(connectionId)), Encoding.UTF8.GetBytes(token));
    }

    private static void AddClaim(Dictionary<string, object> claims, string name, object? value)
    {
        if (value is not (null or Array { Length: 0 }))
        {
            claims[name] = value;
        }
    }

    private static bool IsFor(string audience, string path)
    {
        return Uri.TryCreate(audience, UriKind.Absolute, out var uri)
            && string.Equals(Uri.UnescapeDataString(uri.AbsolutePath).TrimEnd('/'), path.TrimEnd('/'), StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>What a check of a token found.</summary>
internal abstract record TokenCheck
{
    private TokenCheck()
    {
    }

    internal sealed record Good(JsonWebToken Token) : TokenCheck
    {
        /// <summary>The client's user id, or null for a token without one.</summary>
        internal string? UserId => Token.TryGetPayloadValue<string>(JwtRegisteredClaimNames.Sub, out var sub) && sub.Length > 0 ? sub : null;

        internal IEnumerable<string> Roles => Values(WebPubSubTokens.RoleClaim);

        internal IEnumerable<string> Groups => Values(WebPubSubTokens.GroupClaim);

        private IEnumerable<string> Values(string claim) => Token.Claims.Where(found => found.Type == claim).Select(found => found.Value);
    }

    internal sealed record Refused(NamedError Error) : TokenCheck;
}
