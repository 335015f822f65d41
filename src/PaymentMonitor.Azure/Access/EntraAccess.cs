using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;

namespace PaymentMonitor.Azure;

/// <summary>Access by tokens of Microsoft Entra ID: people and business systems by their app roles, Web PubSub by its identity.</summary>
public static class EntraAccess
{
    /// <summary>The scheme of the HTTP API. The token's <c>roles</c> are the roles.</summary>
    public const string ApiScheme = "Entra";

    /// <summary>The scheme of Web PubSub's calls: the same tenant and audience, and one identity.</summary>
    public const string WebPubSubScheme = "WebPubSub";

    public static AuthenticationBuilder AddEntra(this AuthenticationBuilder builder, EntraOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        return builder
            .AddJwtBearer(ApiScheme, bearer =>
            {
                Accept(bearer, options);
                bearer.Events = new JwtBearerEvents { OnTokenValidated = NameApplication };
            })
            .AddJwtBearer(WebPubSubScheme, bearer =>
            {
                Accept(bearer, options);
                bearer.Events = new JwtBearerEvents
                {
                    OnTokenValidated = token =>
                    {
                        // Every identity of the tenant can get a token for us; only one of them is our Web PubSub.
                        if (token.Principal?.FindFirst("oid")?.Value != options.WebPubSubPrincipalId)
                        {
                            token.Fail(new NotOurWebPubSubException());
                        }

                        return Task.CompletedTask;
                    },
                };
            });
    }

    /// <summary>A person's token has a name. An application's has none, and is known by its client id.</summary>
    private static Task NameApplication(TokenValidatedContext token)
    {
        if (token.Principal?.Identity is ClaimsIdentity { Name: null } caller && (caller.FindFirst("azp") ?? caller.FindFirst("appid")) is { } application)
        {
            caller.AddClaim(new Claim(caller.NameClaimType, application.Value));
        }

        return Task.CompletedTask;
    }

    private static void Accept(JwtBearerOptions bearer, EntraOptions options)
    {
        bearer.MetadataAddress = options.MetadataAddress;
        bearer.MapInboundClaims = false;
        bearer.TokenValidationParameters.ValidIssuers = options.Issuers;
        bearer.TokenValidationParameters.ValidAudiences = options.Audiences;
        bearer.TokenValidationParameters.NameClaimType = "name";
        bearer.TokenValidationParameters.RoleClaimType = "roles";
    }
}
