using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// The orders heard of lately, as they were committed. Two generations bound it: when the young one is full it becomes the old one,
/// and what was not asked for since the last time is forgotten. Belongs to the loop's thread.
/// </summary>
internal sealed class HotOrders(int capacity)
{
    private readonly int _generation = Math.Max(1, capacity / 2);
    private Dictionary<OrderKey, StoredOrder> _young = [];
    private Dictionary<OrderKey, StoredOrder> _old = [];

    internal StoredOrder? Find(OrderKey key)
    {
        if (_young.TryGetValue(key, out var order))
        {
            return order;
        }

        if (!_old.Remove(key, out order))
        {
            return null;
        }

        Put(key, order);
        return order;
    }

    internal void Remove(OrderKey key)
    {
        _young.Remove(key);
        _old.Remove(key);
    }

    internal void Put(OrderKey key, StoredOrder order)
    {
        if (_young.Count >= _generation && !_young.ContainsKey(key))
        {
            (_old, _young) = (_young, _old);
            _young.Clear();
        }

        _young[key] = order;
        _old.Remove(key);
    }
}
