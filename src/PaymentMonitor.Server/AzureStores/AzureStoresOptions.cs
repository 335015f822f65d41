namespace PaymentMonitor.Server;

/// <summary>Stores of Azure, or emulators of them, in place of the file.</summary>
/// <param name="Cosmos">A connection string with a key: orders, and how far webhooks are.</param>
/// <param name="Storage">A connection string: blobs for dead letters and the archive, the queue of webhooks.</param>
internal sealed record AzureStoresOptions(string Cosmos, string Storage)
{
    internal const string Honesty =
        "Orders are in Cosmos DB, dead letters and the archive in blobs, webhooks in a queue; the log, its positions and the feed stay in the data folder. This proves the stores, not the change feed, Event Hubs or the entities.";
}
