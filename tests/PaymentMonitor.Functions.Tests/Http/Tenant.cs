using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using PaymentMonitor.Azure;

namespace PaymentMonitor.Functions.Tests;

/// <summary>A tenant of Entra ID whose keys are made here, and its tokens.</summary>
internal sealed class Tenant : IDisposable
{
    internal const string WebPubSubIdentity = "11111111-2222-3333-4444-555555555555";

    private const string Id = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
    private const string ClientId = "99999999-8888-7777-6666-555555555555";

    private readonly RSA _rsa = RSA.Create(2048);
    private readonly RsaSecurityKey _key;

    internal Tenant()
    {
        _key = new RsaSecurityKey(_rsa) { KeyId = "key-of-the-tenant" };
        Configuration.SigningKeys.Add(_key);
    }

    internal EntraOptions Options { get; } = new(new Uri($"https://login.microsoftonline.com/{Id}"), ClientId, WebPubSubIdentity);

    /// <summary>What the tenant publishes of itself.</summary>
    internal OpenIdConnectConfiguration Configuration { get; } = new() { Issuer = $"https://login.microsoftonline.com/{Id}/v2.0" };

    internal string TokenOfWebPubSub() => Token(new() { ["oid"] = WebPubSubIdentity });

    internal string TokenWithRole(string role) => Token(new() { ["oid"] = "somebody", ["name"] = "Ada", ["roles"] = new[] { role } });

    /// <param name="version1">Whether it is of the older form, which a registration may ask for.</param>
    internal string Token(
        Dictionary<string, object> claims, string? issuer = null, string? audience = null, SecurityKey? key = null, TimeSpan? age = null, bool version1 = false)
    {
        var issued = TimeProvider.System.GetUtcNow().UtcDateTime - (age ?? TimeSpan.Zero);
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? (version1 ? $"https://sts.windows.net/{Id}/" : Configuration.Issuer),
            Audience = audience ?? (version1 ? $"api://{ClientId}" : ClientId),
            IssuedAt = issued,
            NotBefore = issued,
            Expires = issued.AddHours(1),
            Claims = claims,
            SigningCredentials = new SigningCredentials(key ?? _key, SecurityAlgorithms.RsaSha256),
        });
    }

    public void Dispose() => _rsa.Dispose();
}
