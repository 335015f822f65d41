using Azure.Core;
using Microsoft.Azure.Cosmos;

namespace PaymentMonitor.Azure;

/// <summary>
/// The database and its containers. Every query stays within one logical partition: what has to be found by another key has a
/// small document of its own under that key.
/// </summary>
public static class CosmosDatabase
{
    public const string Name = "paymentmonitor";

    public const string Orders = "orders";

    public const string Machines = "machines";

    public const string Lookups = "lookups";

    /// <summary>Which orders want to be woken when, by the minute: what the sweep looks through.</summary>
    public const string Due = "due";

    /// <summary>Which orders there are, by day and by what they wait for: what lists without a machine look through.</summary>
    public const string Attention = "attention";

    /// <summary>The positions of the triggers in the change feed.</summary>
    public const string Leases = "leases";

    /// <summary>Subscriptions of business systems, how far each is with each order, and what was attempted.</summary>
    public const string Webhooks = "webhooks";

    /// <summary>The partition key of each container, as <c>infra/</c> makes them.</summary>
    public static IReadOnlyDictionary<string, string> PartitionKeys { get; } = new Dictionary<string, string>
    {
        [Orders] = "/machineId",
        [Machines] = "/machineId",
        [Lookups] = "/key",
        [Due] = "/bucket",
        [Attention] = "/kind",
        [Leases] = "/id",
        [Webhooks] = "/pk",
    };

    /// <param name="account">An endpoint, which is used with <paramref name="credential"/>, or a connection string with a key, as emulators have it.</param>
    public static CosmosClient Connect(string account, TokenCredential? credential, CosmosClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(account);
        options ??= new CosmosClientOptions();

        // The caller's own backoff takes over soon: it keeps the work, and a client that waits keeps a thread of work waiting with it.
        options.MaxRetryAttemptsOnRateLimitedRequests = 3;
        options.MaxRetryWaitTimeOnRateLimitedRequests = TimeSpan.FromSeconds(2);
        if (!account.Contains("AccountKey=", StringComparison.OrdinalIgnoreCase))
        {
            return new CosmosClient(account, credential ?? throw new ArgumentException("Without a key there must be a credential.", nameof(account)), options);
        }

        // Emulators speak HTTP through one endpoint, whatever addresses they announce.
        options.ConnectionMode = ConnectionMode.Gateway;
        options.LimitToEndpoint = true;
        return new CosmosClient(account, options);
    }

    /// <summary>Makes what is missing, for emulators; in Azure the deployment makes it and the application has no right to.</summary>
    public static async Task<Database> CreateAsync(CosmosClient client, string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        Database database = await client.CreateDatabaseIfNotExistsAsync(name, cancellationToken: cancellationToken);
        foreach (var (container, partitionKey) in PartitionKeys)
        {
            // Documents with a time to live of their own have it; the others stay.
            var properties = new ContainerProperties(container, partitionKey) { DefaultTimeToLive = -1 };
            await database.CreateContainerIfNotExistsAsync(properties, cancellationToken: cancellationToken);
        }

        return database;
    }
}
