using System.Text.Json;
using Microsoft.Azure.Cosmos;
using Microsoft.Azure.Functions.Worker;
using PaymentMonitor.Azure;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>Does at the payment provider what an order wants, and looks at the order again until it wants nothing more.</summary>
public sealed class RunErrand(CosmosOrders orders, ErrandQueue queue, ProviderDesk? desk = null)
{
    private static readonly TimeSpan AfterOutage = TimeSpan.FromSeconds(30);

    [Function(nameof(RunErrand))]
    public async Task RunAsync([QueueTrigger(ErrandQueue.Name, Connection = Connections.Storage)] string message, CancellationToken cancellationToken)
    {
        var errand = JsonSerializer.Deserialize(message, ErrandJson.Default.Errand)!;
        if (desk is not null && await DoAsync(desk, errand, cancellationToken) is { } wait)
        {
            await queue.AddAsync(errand with { Attempts = errand.Attempts + 1 }, wait, cancellationToken);
        }
    }

    /// <returns>When to look again, or null where there is nothing to do for this message.</returns>
    private async Task<TimeSpan?> DoAsync(ProviderDesk provider, Errand errand, CancellationToken cancellationToken)
    {
        try
        {
            var order = await orders.ReadAsync(errand.Order, cancellationToken);
            var isDone = order is null or { Errands: ProviderErrands.None } || order.Envelopes.Length > errand.Envelopes;
            return isDone ? null : await provider.DoAsync(order!, errand.Attempts, cancellationToken);
        }
        catch (CosmosException)
        {
            // A message that fails too often is moved away from its queue; this one has only come at a bad time.
            return AfterOutage;
        }
    }
}
