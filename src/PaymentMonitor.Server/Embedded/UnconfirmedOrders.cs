using System.Collections.Concurrent;
using System.Collections.Immutable;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// Which machines have decisions that they have not confirmed, as committed. Nearly every sync finds none, and is answered without
/// a look into the file. Written by the loop only, read by everyone.
/// </summary>
internal sealed class UnconfirmedOrders
{
    private readonly ConcurrentDictionary<MachineId, ImmutableHashSet<OrderId>> _byMachine = new();
    private readonly ConcurrentDictionary<OrderKey, long> _sinceMs = new();

    internal UnconfirmedOrders(IEnumerable<OrderKey> unconfirmed, long nowMs)
    {
        foreach (var key in unconfirmed)
        {
            Add(key.MachineId, key.OrderId, nowMs);
        }
    }

    internal bool Any(MachineId machineId) => _byMachine.ContainsKey(machineId);

    internal int Count => _sinceMs.Count;

    /// <summary>Since when the oldest of them has waited, in Unix milliseconds; the start, for those from before.</summary>
    internal long? OldestMs()
    {
        long? oldest = null;
        foreach (var (_, since) in _sinceMs)
        {
            oldest = since < (oldest ?? long.MaxValue) ? since : oldest;
        }

        return oldest;
    }

    internal void Note(Order order)
    {
        if (order.Version > order.ConfirmedVersion)
        {
            Add(order.MachineId, order.OrderId, order.Decisions[order.ConfirmedVersion].DecidedAt.ToUnixTimeMilliseconds());
        }
        else if (_byMachine.TryGetValue(order.MachineId, out var orders))
        {
            _sinceMs.TryRemove(new OrderKey(order.MachineId, order.OrderId), out _);
            var rest = orders.Remove(order.OrderId);
            if (rest.IsEmpty)
            {
                _byMachine.TryRemove(order.MachineId, out _);
            }
            else
            {
                _byMachine[order.MachineId] = rest;
            }
        }
    }

    private void Add(MachineId machineId, OrderId orderId, long sinceMs)
    {
        _sinceMs[new OrderKey(machineId, orderId)] = sinceMs;
        _byMachine[machineId] = _byMachine.GetValueOrDefault(machineId, []).Add(orderId);
    }
}
