namespace PaymentMonitor.Pipeline;

/// <summary>
/// Objects for reuse, taken on some threads and given back on others. Bounded: what a burst made beyond that goes to the collector.
/// </summary>
/// <remarks>A stack, so that what was used last, and still is in the processor's cache, is used next.</remarks>
public sealed class BoundedPool<T>(Func<T> make, int capacity = 4_096) where T : class
{
    private readonly Lock _gate = new();
    private T?[] _kept = new T?[16];
    private int _count;

    public T Rent()
    {
        lock (_gate)
        {
            if (_count > 0)
            {
                ref var last = ref _kept[--_count];
                var item = last!;
                last = null;
                return item;
            }
        }

        return make();
    }

    public void Return(T item)
    {
        lock (_gate)
        {
            if (_count == capacity)
            {
                return;
            }

            if (_count == _kept.Length)
            {
                Array.Resize(ref _kept, Math.Min(2 * _kept.Length, capacity));
            }

            _kept[_count++] = item;
        }
    }
}
