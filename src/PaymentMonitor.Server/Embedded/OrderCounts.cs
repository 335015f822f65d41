using System.Collections.Concurrent;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// How many orders stand where, as committed: those that are open, and how many ended since the store was opened. Counted along by the
/// loop, because nobody can count the table each second. Written by the loop only, read by everyone.
/// </summary>
internal sealed class OrderCounts
{
    internal static readonly OrderStatus[] OpenStatuses = [.. Enum.GetValues<OrderStatus>().Where(status => !StoreWriter.IsEnd(status))];
    internal static readonly OrderStatus[] EndStatuses = [.. Enum.GetValues<OrderStatus>().Where(StoreWriter.IsEnd)];

    private readonly long[] _byStatus = new long[Enum.GetValues<OrderStatus>().Length];
    private readonly ConcurrentDictionary<string, int> _unresolved = new(StringComparer.Ordinal);

    /// <param name="open">How many orders were open at the start, by machine and status.</param>
    internal OrderCounts(IEnumerable<(string MachineId, OrderStatus Status, long Count)> open)
    {
        foreach (var (machineId, status, count) in open)
        {
            _byStatus[(int)status] += count;
            if (status == OrderStatus.Unresolved)
            {
                _unresolved[machineId] = (int)count;
            }
        }
    }

    /// <summary>Orders that stand there now; for <see cref="EndStatuses"/>, orders that came there since the store was opened.</summary>
    internal long this[OrderStatus status] => Volatile.Read(ref _byStatus[(int)status]);

    /// <summary>Whether an order of the machine waits for a person.</summary>
    internal bool HasUnresolved(string machineId) => _unresolved.ContainsKey(machineId);

    internal void Note(Order? before, Order after)
    {
        if (before?.Status == after.Status)
        {
            return;
        }

        Volatile.Write(ref _byStatus[(int)after.Status], _byStatus[(int)after.Status] + 1);
        Unresolve(after, after.Status == OrderStatus.Unresolved ? 1 : 0);
        if (before is not null && !StoreWriter.IsEnd(before.Status))
        {
            Volatile.Write(ref _byStatus[(int)before.Status], _byStatus[(int)before.Status] - 1);
            Unresolve(before, before.Status == OrderStatus.Unresolved ? -1 : 0);
        }
    }

    private void Unresolve(Order order, int change)
    {
        if (change == 0)
        {
            return;
        }

        var count = _unresolved.GetValueOrDefault(order.MachineId.Value) + change;
        if (count > 0)
        {
            _unresolved[order.MachineId.Value] = count;
        }
        else
        {
            _unresolved.TryRemove(order.MachineId.Value, out _);
        }
    }
}
