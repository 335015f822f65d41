using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>Leads from a key of the outside world to an order. A reference has one owner; a payment id may be used by several orders.</summary>
internal sealed record LookupDocument(string Id, string Key, MachineId MachineId, OrderId OrderId)
{
    /// <summary>The id under which a reference has its one owner: creating it is what makes the first the owner.</summary>
    internal const string Owner = "owner";

    internal OrderKey Order => new(MachineId, OrderId);

    internal static string KeyOf(PaymentReference reference) => $"reference:{reference}";

    internal static string KeyOf(PaymentId paymentId) => $"payment:{paymentId}";

    internal static LookupDocument Of(PaymentReference reference, OrderKey order) => new(Owner, KeyOf(reference), order.MachineId, order.OrderId);

    internal static LookupDocument Of(PaymentId paymentId, OrderKey order)
    {
        return new LookupDocument($"{order.MachineId}:{order.OrderId}", KeyOf(paymentId), order.MachineId, order.OrderId);
    }
}
