namespace PaymentMonitor.Pipeline;

/// <summary>An endpoint and an order: what is delivered in order.</summary>
public readonly record struct CursorKey(string EndpointId, OrderKey Order)
{
    public override string ToString() => $"{EndpointId}/{Order}";
}

/// <summary>Says that an endpoint has something to be told of an order.</summary>
/// <param name="Through">The newest notice that it wants.</param>
public readonly record struct WebhookSignal(CursorKey Key, int Through);
