using Microsoft.Azure.Cosmos;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>Payment references in Cosmos DB: the first conditional create owns a reference.</summary>
public sealed class CosmosPaymentReferences : IPaymentReferences
{
    private readonly DocumentSet<LookupDocument> _lookups;

    public CosmosPaymentReferences(Database database)
    {
        ArgumentNullException.ThrowIfNull(database);
        _lookups = new DocumentSet<LookupDocument>(database.GetContainer(CosmosDatabase.Lookups), AzureJson.Default.LookupDocument);
    }

    public async ValueTask<OrderKey> BindAsync(PaymentReference reference, OrderKey order, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await _lookups.TryCreateAsync(LookupDocument.Of(reference, order), LookupDocument.KeyOf(reference), cancellationToken))
            {
                return order;
            }

            // No owner here means that it was removed in between, at the end of its retention: then it is free again.
            if (await FindAsync(reference, cancellationToken) is { } owner)
            {
                return owner;
            }
        }
    }

    public async ValueTask<OrderKey?> FindAsync(PaymentReference reference, CancellationToken cancellationToken)
    {
        return (await _lookups.ReadAsync(LookupDocument.Owner, LookupDocument.KeyOf(reference), cancellationToken))?.Document.Order;
    }
}
