namespace PaymentMonitor.Pipeline;

/// <summary>How webhooks are delivered. The defaults are those of the Standard Webhooks specification.</summary>
public sealed record WebhookOptions
{
    /// <summary>How long attempts and cursors are kept. What could not be delivered until then is given up.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(30);

    /// <summary>How long an endpoint may take to answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Deliveries to one endpoint at the same time, each of another order.</summary>
    public int ConcurrencyPerEndpoint { get; init; } = 32;

    /// <summary>An endpoint to which every delivery has failed for so long is disabled.</summary>
    public TimeSpan DisableAfter { get; init; } = TimeSpan.FromDays(5);

    /// <summary>Endpoints that may be subscribed.</summary>
    public int EndpointsMax { get; init; } = 50;

    /// <summary>For development and tests only: lets deliveries go to private and loopback addresses and over plain http.</summary>
    public bool AllowPrivate { get; init; }
}
