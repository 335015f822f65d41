using PaymentMonitor.Benchmarks.Sockets;
using PaymentMonitor.Benchmarks.Targets;

namespace PaymentMonitor.Benchmarks.Load;

/// <summary>
/// One simulated machine with a card terminal: one order after the other, the goods only after the permission. It has no disk
/// journal, so a real machine is slower by its own fsync; that is outside of what the server can help.
/// </summary>
internal sealed class Terminal(ClientSocket socket, int index, int machine)
{
    /// <summary>How many orders may be unanswered: the one under way, and those whose answers are slow.</summary>
    private const int Orders = 16;
    private const int Steps = 4;

    private readonly long[] _intended = new long[Orders * Steps];
    private readonly Queue<long> _held = new();
    private ulong _unreceipted;
    private ulong _undecided;

    internal ClientSocket Socket { get; } = socket;

    /// <summary>The place in its fleet.</summary>
    internal int Index { get; } = index;

    /// <summary>The number in the machine's name.</summary>
    internal int Machine { get; } = machine;

    /// <summary>The order and step of the next event.</summary>
    internal int Order { get; private set; } = 1;

    internal Step Step { get; private set; }

    /// <summary>Completed orders whose decisions are not yet confirmed.</summary>
    internal int Unconfirmed { get; set; }

    /// <summary>The next event waits for the permission, or for answers that are far behind.</summary>
    internal bool Blocked => Step == Step.Shipped
        ? (_undecided & Bit(Order, Step.Succeeded)) != 0
        : Step == Step.Created && ((_undecided | _unreceipted) & (0b1111UL << (Order % Orders * Steps))) != 0;

    internal bool IsFresh => Order == 1 && Step == Step.Created;

    internal bool HasHeld => _held.Count > 0;

    internal bool Waiting => _held.Count > 0 || (_unreceipted | _undecided) != 0;

    internal void Hold(long intended) => _held.Enqueue(intended);

    internal long TakeHeld() => _held.Dequeue();

    internal void Sent(long intended)
    {
        var bit = Bit(Order, Step);
        _intended[Slot(Order, Step)] = intended;
        _unreceipted |= bit;
        if (Step >= Step.Succeeded)
        {
            _undecided |= bit;
        }

        if (Step == Step.Shipped)
        {
            Step = Step.Created;
            Order++;
        }
        else
        {
            Step++;
        }
    }

    /// <returns>When the event was meant to be sent, or null when nothing waits for this answer: it is a repeat.</returns>
    internal long? Receipted(int order, Step step) => Take(ref _unreceipted, order, step);

    /// <inheritdoc cref="Receipted"/>
    internal long? Decided(int order, Step step) => Take(ref _undecided, order, step);

    private long? Take(ref ulong open, int order, Step step)
    {
        var bit = Bit(order, step);
        if ((open & bit) == 0)
        {
            return null;
        }

        open &= ~bit;
        return _intended[Slot(order, step)];
    }

    /// <summary>Gives up on everything unanswered or held, and goes on with a new order.</summary>
    /// <returns>The intended times of what was given up.</returns>
    internal List<long> Abandon()
    {
        List<long> intended = [.. _held];
        for (var slot = 0; slot < Orders * Steps; slot++)
        {
            if (((_unreceipted | _undecided) & (1UL << slot)) != 0)
            {
                intended.Add(_intended[slot]);
            }
        }

        _held.Clear();
        if (intended.Count > 0)
        {
            _unreceipted = _undecided = 0;
            (Order, Step) = (Order + 1, Step.Created);
        }

        return intended;
    }

    private static int Slot(int order, Step step) => (order % Orders * Steps) + (int)step;

    private static ulong Bit(int order, Step step) => 1UL << Slot(order, step);
}
