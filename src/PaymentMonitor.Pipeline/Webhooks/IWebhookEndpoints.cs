namespace PaymentMonitor.Pipeline;

/// <summary>The subscriptions. Cosmos DB in Azure, SQLite embedded.</summary>
public interface IWebhookEndpoints
{
    /// <summary>All of them, in the order of their creation; a few seconds old at the most, and cheap.</summary>
    ValueTask<IReadOnlyList<WebhookEndpoint>> ListAsync(CancellationToken cancellationToken);

    /// <summary>One, as it is now.</summary>
    ValueTask<WebhookEndpoint?> ReadAsync(string endpointId, CancellationToken cancellationToken);

    /// <summary>Writes the endpoint if the stored one still has its <see cref="WebhookEndpoint.Revision"/> (0: there is none yet), and answers whether it did.</summary>
    ValueTask<bool> TryWriteAsync(WebhookEndpoint endpoint, CancellationToken cancellationToken);

    /// <returns>False if there was none.</returns>
    ValueTask<bool> DeleteAsync(string endpointId, CancellationToken cancellationToken);
}
