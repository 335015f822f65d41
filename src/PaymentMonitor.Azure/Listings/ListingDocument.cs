using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>That there is an order, in one of the lists.</summary>
/// <param name="Kind">The list: a status that waits for somebody, or the day on which the order was first heard of.</param>
/// <param name="HeardAt">Unix milliseconds.</param>
/// <param name="Ttl">Seconds after which Cosmos DB forgets it; null: not by itself.</param>
internal sealed record ListingDocument(string Id, string Kind, MachineId MachineId, OrderId OrderId, long HeardAt, int? Ttl)
{
    internal OrderKey Order => new(MachineId, OrderId);

    internal static string IdOf(Order order) => $"{order.MachineId}:{order.OrderId}";

    internal static ListingDocument Of(Order order, string kind, TimeSpan? keep = null)
    {
        var heardAt = CosmosOrderDocument.HeardAt(order).ToUnixTimeMilliseconds();
        return new ListingDocument(IdOf(order), kind, order.MachineId, order.OrderId, heardAt, (int?)keep?.TotalSeconds);
    }
}
