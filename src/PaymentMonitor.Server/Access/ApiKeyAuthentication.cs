using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace PaymentMonitor.Server;

/// <summary>Authenticates a caller of the HTTP API by the key in <c>Authorization: Bearer</c>.</summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ApiKeyFile keys)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string SchemeName = "ApiKey";
    private const string Prefix = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        // Machines and Web PubSub clients bring tokens of their own, which are checked where they arrive.
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || !ApiKeyFile.LooksLikeKey(header.AsSpan(Prefix.Length)))
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        if (keys.Find(header[Prefix.Length..].Trim()) is not { } key)
        {
            return Task.FromResult(AuthenticateResult.Fail("The API key is not known."));
        }

        var identity = new ClaimsIdentity([new(ClaimTypes.Name, key.Name), new(ClaimTypes.Role, key.Role)], SchemeName);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        return Problems.Of(StatusCodes.Status401Unauthorized, "no-key", "This route needs an API key in the header 'Authorization: Bearer'.").ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        return Problems.Of(StatusCodes.Status403Forbidden, "wrong-role", "The API key's role does not allow this.").ExecuteAsync(Context);
    }
}
