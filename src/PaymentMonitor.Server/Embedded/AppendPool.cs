using System.Collections.Concurrent;

namespace PaymentMonitor.Server.Embedded;

/// <summary>Append items for reuse, so that a steady load makes no garbage. Bounded: a burst's surplus goes to the collector.</summary>
internal sealed class AppendPool(int capacity)
{
    private readonly ConcurrentQueue<AppendItem> _items = new();

    internal AppendItem Rent() => _items.TryDequeue(out var item) ? item : new AppendItem();

    internal void Return(AppendItem item)
    {
        if (_items.Count < capacity)
        {
            _items.Enqueue(item);
        }
    }
}
