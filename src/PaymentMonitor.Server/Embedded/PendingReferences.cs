using System.Collections.Immutable;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// Payment references and their owners. A new binding counts at once, in memory, and goes into the loop's next transaction, so it is
/// durable no later than an append that follows it; a transaction that fails leaves it for the one after.
/// </summary>
internal sealed class PendingReferences(StoreReaders readers) : IPaymentReferences
{
    // Only a store that cannot commit collects this many.
    private const int PendingMax = 65_536;

    private readonly Lock _gate = new();
    private readonly Dictionary<PaymentReference, OrderKey> _pending = [];

    public ValueTask<OrderKey> BindAsync(PaymentReference reference, OrderKey order, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (Find_NeedsLock(reference) is { } owner)
            {
                return ValueTask.FromResult(owner);
            }

            if (_pending.Count >= PendingMax)
            {
                throw new LogUnavailableException("The store cannot write now.");
            }

            _pending.Add(reference, order);
            return ValueTask.FromResult(order);
        }
    }

    public ValueTask<OrderKey?> FindAsync(PaymentReference reference, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(Find_NeedsLock(reference));
        }
    }

    internal ImmutableArray<KeyValuePair<PaymentReference, OrderKey>> Pending()
    {
        lock (_gate)
        {
            return _pending.Count == 0 ? [] : [.. _pending];
        }
    }

    internal void Written(ImmutableArray<KeyValuePair<PaymentReference, OrderKey>> references)
    {
        lock (_gate)
        {
            foreach (var (reference, _) in references)
            {
                _pending.Remove(reference);
            }
        }
    }

    // Pending first, then the file, both under the lock: what leaves the one is in the other already.
    private OrderKey? Find_NeedsLock(PaymentReference reference)
    {
        if (_pending.TryGetValue(reference, out var owner))
        {
            return owner;
        }

        using var lease = readers.Rent();
        return lease.Reader.FindReference(reference);
    }
}
