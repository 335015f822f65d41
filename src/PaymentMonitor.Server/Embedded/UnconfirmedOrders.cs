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

    internal UnconfirmedOrders(IEnumerable<OrderKey> unconfirmed)
    {
        foreach (var key in unconfirmed)
        {
            Add(key.MachineId, key.OrderId);
        }
    }

    internal bool Any(MachineId machineId) => _byMachine.ContainsKey(machineId);

    internal void Note(Order order)
    {
        if (order.Version > order.ConfirmedVersion)
        {
            Add(order.MachineId, order.OrderId);
        }
        else if (_byMachine.TryGetValue(order.MachineId, out var orders))
        {
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

    private void Add(MachineId machineId, OrderId orderId)
    {
        _byMachine[machineId] = _byMachine.GetValueOrDefault(machineId, []).Add(orderId);
    }
}
