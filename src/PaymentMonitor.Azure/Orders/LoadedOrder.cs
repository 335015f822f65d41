using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>An order as it was read, and what a write must still find there.</summary>
/// <param name="Order">Null: there is none yet.</param>
/// <param name="ETag">Null exactly when <paramref name="Order"/> is: then the write must be the first.</param>
public sealed record LoadedOrder(OrderKey Key, Order? Order, string? ETag);
