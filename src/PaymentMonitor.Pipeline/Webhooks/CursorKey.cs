using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>An endpoint and an order: what is delivered in order.</summary>
public readonly record struct CursorKey(string EndpointId, OrderKey Order)
{
    public override string ToString() => $"{EndpointId}/{Order}";
}

/// <summary>Says that an endpoint has something to be told of an order.</summary>
/// <param name="Through">The newest notice that it wants.</param>
public readonly record struct WebhookSignal(CursorKey Key, int Through)
{
    /// <summary>The endpoints that want to be told something of an order. Whether they were told already stands in their cursors.</summary>
    public static IEnumerable<WebhookSignal> Of(IReadOnlyList<WebhookEndpoint> endpoints, Order order)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(order);
        var key = new OrderKey(order.MachineId, order.OrderId);
        foreach (var endpoint in endpoints)
        {
            if (endpoint.NewestWanted(order) is > 0 and var through)
            {
                yield return new WebhookSignal(new CursorKey(endpoint.Id, key), through);
            }
        }
    }
}
