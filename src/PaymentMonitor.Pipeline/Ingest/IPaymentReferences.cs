using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>Which order a payment reference belongs to. The first order that names a reference owns it.</summary>
public interface IPaymentReferences
{
    /// <summary>
    /// Binds a reference to an order and answers its owner: the given order where it is, or now became, the owner. Binding twice
    /// for the same order is one binding. The binding is durable no later than an append that follows it.
    /// </summary>
    ValueTask<OrderKey> BindAsync(PaymentReference reference, OrderKey order, CancellationToken cancellationToken);

    ValueTask<OrderKey?> FindAsync(PaymentReference reference, CancellationToken cancellationToken);
}

/// <summary>An order of a machine: together they are unique.</summary>
public readonly record struct OrderKey(MachineId MachineId, OrderId OrderId)
{
    public override string ToString() => $"{MachineId}/{OrderId}";
}
