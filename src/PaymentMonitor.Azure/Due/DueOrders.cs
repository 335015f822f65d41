using Microsoft.Azure.Cosmos;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>Which orders want to be woken when. It is written before the order, so it may know too much and never too little.</summary>
internal sealed class DueOrders
{
    private readonly DocumentSet<DueDocument> _due;
    private readonly DocumentSet<SweepPosition> _position;

    internal DueOrders(Database database)
    {
        var container = database.GetContainer(CosmosDatabase.Due);
        _due = new DocumentSet<DueDocument>(container, AzureJson.Default.DueDocument);
        _position = new DocumentSet<SweepPosition>(container, AzureJson.Default.SweepPosition);
    }

    internal Task SetAsync(OrderKey order, DateTimeOffset due, DateTimeOffset lookAt, CancellationToken cancellationToken)
    {
        var document = DueDocument.Of(order, due, lookAt);
        return _due.UpsertAsync(document, document.Bucket, cancellationToken);
    }

    internal Task RemoveAsync(DueDocument document, CancellationToken cancellationToken) => _due.DeleteAsync(document.Id, document.Bucket, cancellationToken);

    internal Task<IReadOnlyList<DueDocument>> InAsync(string bucket, CancellationToken cancellationToken)
    {
        return _due.QueryAllAsync(new QueryDefinition("SELECT * FROM c WHERE c.bucket = @bucket").WithParameter("@bucket", bucket), bucket, cancellationToken);
    }

    /// <returns>The minute up to which all has been looked through, or null before the first sweep.</returns>
    internal async Task<DateTimeOffset?> SweptToAsync(CancellationToken cancellationToken)
    {
        return (await _position.ReadAsync(SweepPosition.OnlyId, SweepPosition.OnlyBucket, cancellationToken))?.Document.Minute;
    }

    internal Task SetSweptToAsync(DateTimeOffset minute, CancellationToken cancellationToken)
    {
        return _position.UpsertAsync(SweepPosition.At(minute), SweepPosition.OnlyBucket, cancellationToken);
    }
}
