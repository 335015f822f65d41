using Azure.Core;

namespace PaymentMonitor.Testing;

/// <summary>Where a key is given, no token may be asked for.</summary>
internal sealed class NoCredential : TokenCredential
{
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new InvalidOperationException("A token was asked for.");

    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new InvalidOperationException("A token was asked for.");
}
