using PaymentMonitor.Domain;

namespace PaymentMonitor.Server.Embedded;

/// <summary>What one transaction did to one order.</summary>
/// <param name="Before">The order as it was, or null when it was heard of for the first time.</param>
internal sealed record OrderChange(Order? Before, Order After);
