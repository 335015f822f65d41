using Microsoft.Extensions.Configuration;
using PaymentMonitor.Azure;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>
/// The application's own settings, read and checked before anything starts. A connection is an endpoint in Azure, used with the
/// managed identity, and a connection string for an emulator; triggers read theirs under the same names.
/// </summary>
public sealed record AppSettings
{
    internal const string CosmosEndpoint = $"{Connections.Cosmos}:accountEndpoint";
    internal const string EventHubsNamespace = $"{Connections.EventHubs}:fullyQualifiedNamespace";
    internal const string BlobService = $"{Connections.Storage}:blobServiceUri";
    internal const string QueueService = $"{Connections.Storage}:queueServiceUri";
    internal const string WebPubSubEndpoint = $"{Connections.WebPubSub}:endpoint";
    internal const string WebPubSubPrincipal = $"{Connections.WebPubSub}:principalId";
    internal const string EntraAuthority = "Entra:authority";
    internal const string EntraClientId = "Entra:clientId";

    /// <summary>Only where nothing of Entra ID is set.</summary>
    internal const string LocalKey = "LocalOperatorKey";

    /// <summary>Optional; without it there is no callback route.</summary>
    internal const string Provider = "Provider:secret";

    /// <summary>Optional; without it nobody asks the provider, and business systems make the refunds.</summary>
    internal const string ProviderAddress = "Provider:address";

    /// <summary>Optional, beside the address.</summary>
    internal const string ProviderApiKey = "Provider:apiKey";

    /// <summary>Optional; without it nobody is asked for a risk verdict.</summary>
    internal const string RiskAddress = "Risk:address";

    /// <summary>Optional, beside the address.</summary>
    internal const string RiskApiKey = "Risk:apiKey";

    /// <summary>Optional: "true" has decisions put into an event hub too.</summary>
    internal const string Publish = "Decisions:publish";

    /// <summary>Optional: "true" has a synthetic machine make a sale each minute.</summary>
    internal const string Canary = "Canary:enabled";

    /// <summary>Optional; it encrypts the secrets of webhook endpoints, and without it there are no webhooks.</summary>
    internal const string WebhookKey = "Webhooks:key";

    private AppSettings()
    {
    }

    public required ServiceConnection Cosmos { get; init; }

    public required ServiceConnection EventHubs { get; init; }

    public required ServiceConnection Storage { get; init; }

    public required ServiceConnection WebPubSub { get; init; }

    /// <summary>Null only for runs against emulators.</summary>
    public EntraOptions? Entra { get; init; }

    public string? LocalOperatorKey { get; init; }

    public WebhookSecret? ProviderSecret { get; init; }

    public SecretBox? WebhookSecrets { get; init; }

    public PaymentProviderOptions? PaymentProvider { get; init; }

    public RiskServiceOptions? RiskService { get; init; }

    public bool PublishesDecisions { get; init; }

    /// <summary>Where the canary sells: this application, as machines reach it. Null: there is no canary.</summary>
    public Uri? CanaryEndpoint { get; init; }

    /// <summary>Null: alerts are posted to nobody by the application.</summary>
    public AlertBots? AlertBots { get; init; }

    public string? AlertKey { get; init; }

    /// <summary>The queues stand beside the blobs.</summary>
    public required ServiceConnection Queues { get; init; }

    /// <exception cref="InvalidOperationException">Something is missing or wrong; the message names all of it.</exception>
    internal static AppSettings Read(IConfiguration settings)
    {
        var wrong = new List<string>();
        var isLocal = settings[LocalKey] is not null;
        var provider = settings[Provider] is { Length: > 0 } text ? ReadSecret(text, wrong) : null;
        var read = new AppSettings
        {
            Cosmos = Connection(settings, Connections.Cosmos, CosmosEndpoint, wrong),
            EventHubs = Connection(settings, Connections.EventHubs, EventHubsNamespace, wrong),
            Storage = Connection(settings, Connections.Storage, BlobService, wrong),
            WebPubSub = Connection(settings, Connections.WebPubSub, WebPubSubEndpoint, wrong),
            Entra = isLocal ? null : ReadEntra(settings, wrong),
            LocalOperatorKey = settings[LocalKey],
            ProviderSecret = provider,
            PublishesDecisions = settings[Publish] == "true",
            CanaryEndpoint = settings[Canary] == "true" && OwnHost(settings) is { Length: > 0 } host ? new Uri($"https://{host}") : null,
            PaymentProvider = ReadProvider(settings, wrong),
            RiskService = ReadRisk(settings, wrong),
            WebhookSecrets = ReadWebhookKey(settings, wrong),
            AlertBots = AlertSettings.Read(settings, wrong),
            AlertKey = settings[AlertSettings.Key],
            Queues = Connection(settings, Connections.Storage, QueueService, wrong),
        };
        if (isLocal && (read.WebPubSub.IsEndpoint || settings[EntraAuthority] is not null))
        {
            wrong.Add($"'{LocalKey}' is for emulators: where Web PubSub is an endpoint or Entra ID is set, remove it");
        }

        return wrong is [] ? read : throw new InvalidOperationException($"The settings do not do: {string.Join("; ", wrong)}.");
    }

    /// <summary>Azure sets it; on a developer's machine the canary has nowhere to sell.</summary>
    private static string? OwnHost(IConfiguration settings) => settings["WEBSITE_HOSTNAME"];

    private static ServiceConnection Connection(IConfiguration settings, string name, string endpoint, List<string> wrong)
    {
        if (settings[endpoint] is { Length: > 0 } address)
        {
            return new ServiceConnection(address, IsEndpoint: true);
        }

        if (settings[name] is { Length: > 0 } connectionString)
        {
            return new ServiceConnection(connectionString, IsEndpoint: false);
        }

        wrong.Add($"'{endpoint.Replace(":", "__", StringComparison.Ordinal)}' (in Azure) or '{name}' (a connection string, for an emulator) is missing");
        return new ServiceConnection("", IsEndpoint: false);
    }

    private static EntraOptions? ReadEntra(IConfiguration settings, List<string> wrong)
    {
        var missing = new[] { EntraAuthority, EntraClientId, WebPubSubPrincipal }.Where(name => string.IsNullOrEmpty(settings[name])).ToList();
        wrong.AddRange(missing.Select(name => $"'{name.Replace(":", "__", StringComparison.Ordinal)}' is missing"));
        if (missing is not [])
        {
            return null;
        }

        if (Uri.TryCreate(settings[EntraAuthority], UriKind.Absolute, out var authority) && authority.Scheme == Uri.UriSchemeHttps)
        {
            return new EntraOptions(authority, settings[EntraClientId]!, settings[WebPubSubPrincipal]!);
        }

        wrong.Add("'Entra__authority' must be the https address of the tenant's authority");
        return null;
    }

    private static PaymentProviderOptions? ReadProvider(IConfiguration settings, List<string> wrong)
    {
        if (settings[ProviderAddress] is not { Length: > 0 } address)
        {
            return null;
        }

        try
        {
            var apiKey = settings[ProviderApiKey] is { Length: > 0 } key ? key : null;
            var provider = new PaymentProviderOptions { Address = new Uri(address, UriKind.RelativeOrAbsolute), ApiKey = apiKey };
            provider.Validate();
            return provider;
        }
        catch (ArgumentException e)
        {
            wrong.Add(e.Message.TrimEnd('.'));
            return null;
        }
    }

    private static RiskServiceOptions? ReadRisk(IConfiguration settings, List<string> wrong)
    {
        return ReadAddress(settings, RiskAddress, wrong) is { } address
            ? new RiskServiceOptions { Address = address, ApiKey = settings[RiskApiKey] is { Length: > 0 } key ? key : null }
            : null;
    }

    /// <returns>Null where it is not set, and where it is wrong.</returns>
    internal static Uri? ReadAddress(IConfiguration settings, string name, List<string> wrong)
    {
        if (settings[name] is not { Length: > 0 } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps)
        {
            return address;
        }

        wrong.Add($"'{name.Replace(":", "__", StringComparison.Ordinal)}' must be an absolute https address");
        return null;
    }

    private static SecretBox? ReadWebhookKey(IConfiguration settings, List<string> wrong)
    {
        if (settings[WebhookKey] is not { Length: > 0 } text)
        {
            return null;
        }

        if (!SecretBox.TryParse(text, out var box))
        {
            wrong.Add($"'Webhooks__key' must be {SecretBox.Rule}");
        }

        return box;
    }

    private static WebhookSecret? ReadSecret(string text, List<string> wrong)
    {
        if (!WebhookSecret.TryParse(text, out var secret))
        {
            wrong.Add($"'Provider__secret' must be {WebhookSecret.Rule}");
        }

        return secret;
    }
}

/// <param name="Value">An address, or a connection string.</param>
/// <param name="IsEndpoint">Whether it is used with the managed identity.</param>
public sealed record ServiceConnection(string Value, bool IsEndpoint);
