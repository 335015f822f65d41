using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using PaymentMonitor.Api;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>Authenticates an operator by the key in the settings, for runs against emulators. In Azure there is no such key: see <see cref="AppSettings"/>.</summary>
internal sealed class LocalKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, AppSettings settings)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string SchemeName = "LocalKey";
    private const string Prefix = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        if (!SecretHash.Matches(SecretHash.Of(settings.LocalOperatorKey!), header[Prefix.Length..].Trim()))
        {
            return Task.FromResult(AuthenticateResult.Fail("The key is not that of the settings."));
        }

        var identity = new ClaimsIdentity([new(ClaimTypes.Name, "local"), new(ClaimTypes.Role, Roles.Operator)], SchemeName);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName)));
    }
}
