using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>How one server is started.</summary>
internal sealed record ServeOptions
{
    public const string DefaultUrls = "http://127.0.0.1:8080";

    /// <summary>The data folder; it belongs to one server at a time.</summary>
    public required string Data { get; init; }

    /// <summary>Addresses to listen on, separated by semicolons. Loopback unless told otherwise; port 0 takes a free one.</summary>
    public string Urls { get; init; } = DefaultUrls;

    /// <summary>Lets any machine in with a well-known secret. Refused unless every address is a loopback one.</summary>
    public bool DemoCredentials { get; init; }

    /// <summary>The secret with which the payment provider signs its callbacks (<c>whsec_...</c>); null: there is no callback route.</summary>
    public string? ProviderSecret { get; init; }

    /// <summary>How the payment provider is reached; null: nobody asks it, and business systems make the refunds.</summary>
    public PaymentProviderOptions? Provider { get; init; }

    /// <summary>Addresses and networks of proxies whose forwarded headers are believed; none unless told otherwise.</summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>How a risk service is reached; null: nobody is asked, and the policy approves what the reference data does not refuse.</summary>
    public RiskServiceOptions? Risk { get; init; }

    /// <summary>Lets webhooks go to private and loopback addresses and over plain http. For development and tests.</summary>
    public bool WebhookAllowPrivate { get; init; }

    /// <summary>Where orders, dead letters, the archive and webhooks are kept instead of in the data folder; null: nowhere else.</summary>
    public AzureStoresOptions? AzureStores { get; init; }

    /// <summary>How many events and other writes may wait for the disk; above, whoever reports is asked to come again.</summary>
    public int QueueCapacity { get; init; } = new StoreOptions().QueueCapacity;

    /// <summary>How long data stays in the store.</summary>
    public RetentionOptions Retention { get; init; } = new();

    /// <summary>Metrics at <c>/metrics</c>, and by OTLP what the environment says. Without it nothing is measured but what the operations page shows.</summary>
    public bool Telemetry { get; init; } = true;

    /// <summary>How the log is written to standard error.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>Nothing on standard output: the server is part of a command. It makes no operator key either, because nobody would see it.</summary>
    public bool Quiet { get; init; }
}

/// <summary>How a log entry looks.</summary>
internal enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One JSON object a line, for programs that collect logs.</summary>
    Json,
}
