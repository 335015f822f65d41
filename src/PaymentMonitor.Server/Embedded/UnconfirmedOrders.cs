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
    private readonly Lock _gate = new();
    private readonly Dictionary<MachineId, int> _byMachine = [];
    private readonly DueQueue _since = new();

    internal UnconfirmedOrders(IEnumerable<OrderKey> unconfirmed, long nowMs)
    {
        foreach (var key in unconfirmed)
        {
            _since.Set(key, nowMs);
            Count_NeedsLock(key.MachineId, 1);
        }
    }

    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _since.Count;
            }
        }
    }

    internal bool Any(MachineId machineId)
    {
        lock (_gate)
        {
            return _byMachine.ContainsKey(machineId);
        }
    }

    /// <summary>Since when the oldest of them has waited, in Unix milliseconds; the start, for those from before.</summary>
    internal long? OldestMs()
    {
        lock (_gate)
        {
            return _since.Next();
        }
    }

    internal void Note(Order order)
    {
        var key = new OrderKey(order.MachineId, order.OrderId);
        long? since = order.Version > order.ConfirmedVersion ? order.Decisions[order.ConfirmedVersion].DecidedAt.ToUnixTimeMilliseconds() : null;
        lock (_gate)
        {
            var before = _since.Count;
            _since.Set(key, since);
            Count_NeedsLock(order.MachineId, _since.Count - before);
        }
    }

    private void Count_NeedsLock(MachineId machineId, int change)
    {
        if (change == 0)
        {
            return;
        }

        var count = _byMachine.GetValueOrDefault(machineId) + change;
        if (count == 0)
        {
            _byMachine.Remove(machineId);
        }
        else
        {
            _byMachine[machineId] = count;
        }
    }
}
