namespace PaymentMonitor.Azure;

/// <summary>Whose tokens are good.</summary>
/// <param name="Authority">The tenant's authority, for example <c>https://login.microsoftonline.com/{tenant id}</c>.</param>
/// <param name="ClientId">The client id of the application's registration: tokens are for it or for <c>api://{client id}</c>.</param>
/// <param name="WebPubSubPrincipalId">The object id of the identity with which our Web PubSub calls us. No other may speak for machines.</param>
public sealed record EntraOptions(Uri Authority, string ClientId, string WebPubSubPrincipalId)
{
    /// <summary>The issuers of version 1 and version 2 tokens of the tenant: which of them comes depends on the registration.</summary>
    internal string[] Issuers => [$"https://sts.windows.net/{Authority.Segments[^1].Trim('/')}/", $"{AuthorityText}/v2.0"];

    internal string[] Audiences => [ClientId, $"api://{ClientId}"];

    internal string MetadataAddress => $"{AuthorityText}/v2.0/.well-known/openid-configuration";

    private string AuthorityText => Authority.ToString().TrimEnd('/');
}
