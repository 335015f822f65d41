using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// The orders heard of lately, as they were committed. Two generations bound it: when the young one is full it becomes the old one,
/// and what was not asked for since the last time is forgotten. Belongs to the loop's thread.
/// </summary>
/// <remarks>
/// Packed, in blocks that are used again and again: tens of thousands of orders that live on as objects would be copied by one
/// collection and looked through by the next, and each change would make an old object point at a new one.
/// </remarks>
internal sealed class HotOrders(int capacity)
{
    // What an ordinary sale takes in the end, so that its block does not grow with each event.
    private const int BlockBytesMin = 1_280;

    private readonly int _generation = Math.Max(1, capacity / 2);
    private readonly Stack<Block> _spare = [];
    private Dictionary<OrderKey, Block> _young = [];
    private Dictionary<OrderKey, Block> _old = [];

    internal StoredOrder? Find(OrderKey key)
    {
        if (!_young.TryGetValue(key, out var block))
        {
            if (!_old.Remove(key, out block))
            {
                return null;
            }

            AddYoung(key, block);
        }

        return new StoredOrder(block.RowId, PackedOrder.Read(block.Bytes.AsSpan(0, block.Length), block.Key));
    }

    internal void Remove(OrderKey key)
    {
        if (_young.Remove(key, out var block) || _old.Remove(key, out block))
        {
            _spare.Push(block);
        }
    }

    internal void Put(OrderKey key, long rowId, ReadOnlySpan<byte> packed)
    {
        if (!_young.TryGetValue(key, out var block))
        {
            if (!_old.Remove(key, out block) && !_spare.TryPop(out block))
            {
                block = new Block();
            }

            block.Key = key;
            AddYoung(key, block);
        }

        block.RowId = rowId;
        block.Set(packed);
    }

    private void AddYoung(OrderKey key, Block block)
    {
        if (_young.Count >= _generation)
        {
            foreach (var forgotten in _old.Values)
            {
                _spare.Push(forgotten);
            }

            (_old, _young) = (_young, _old);
            _young.Clear();
        }

        _young.Add(key, block);
    }

    private sealed class Block
    {
        /// <summary>The same strings for the order's whole life, and not those of the event that last named it.</summary>
        internal OrderKey Key { get; set; }

        internal long RowId { get; set; }

        internal byte[] Bytes { get; private set; } = [];

        internal int Length { get; private set; }

        internal void Set(ReadOnlySpan<byte> packed)
        {
            if (Bytes.Length < packed.Length)
            {
                Bytes = new byte[Math.Max(BlockBytesMin, packed.Length + (packed.Length / 4))];
            }

            packed.CopyTo(Bytes);
            Length = packed.Length;
        }
    }
}
