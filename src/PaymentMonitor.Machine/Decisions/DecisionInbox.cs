using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

internal enum Offered
{
    /// <summary>It is on its way to the disk, and then to the reader.</summary>
    Taken,

    /// <summary>It was taken before.</summary>
    Repeated,

    /// <summary>An earlier decision of the order is missing; a sync brings both, in order.</summary>
    Gap,

    /// <summary>The reader is behind, or the journal is full. The back end keeps what is not confirmed and sends it again.</summary>
    Full,
}

/// <summary>
/// Takes decisions in, those of an order in the order of their versions, and remembers which to confirm: those that are on the
/// disk. A confirmation covers all earlier versions, so none may be passed over. Thread-safe.
/// </summary>
internal sealed class DecisionInbox
{
    /// <summary>Orders remembered beyond those with work left: they are confirmed and do not come again.</summary>
    private const int MaxOrders = 64;

    /// <summary>An order whose machine never says how its shipment went is given up; at the back end it has long been waiting for a person.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromDays(7);

    private readonly int _capacity;
    private readonly MachineJournal _journal;
    private readonly MachineLedger _ledger;
    private readonly Action _wake;
    private readonly Lock _lock;
    private readonly DecisionQueue _queue;
    private readonly Queue<(OpenDecision Open, Task Kept)> _unkept = new();
    private readonly Queue<OrderId> _byAge = new();
    private readonly Dictionary<OrderId, int> _unconfirmed = [];
    private HashSet<OrderId>? _recovered;
    private Dictionary<OrderId, int>? _inFlight;

    /// <param name="wake">There is something to confirm.</param>
    internal DecisionInbox(int capacity, MachineJournal journal, MachineLedger ledger, DecisionQueue queue, Action wake)
    {
        _capacity = capacity;
        _journal = journal;
        _ledger = ledger;
        _lock = ledger.Lock;
        _queue = queue;
        _wake = wake;
        _recovered = [.. ledger.Orders.Keys];
        foreach (var orderId in ledger.Orders.Keys)
        {
            _byAge.Enqueue(orderId);
        }
    }

    /// <param name="listed">From a sync's answer, which lists all that is not confirmed: what it leaves out was confirmed before.</param>
    internal Offered Offer(Decision decision, bool listed)
    {
        lock (_lock)
        {
            _ledger.Orders.TryGetValue(decision.OrderId, out var order);
            if (order?.Has(decision.Version) == true)
            {
                order.Reach(decision.Version);

                // The confirmation may be lost as well as on its way; saying it again costs little.
                Confirmable_NeedsLock(order);
                return Offered.Repeated;
            }

            if (!listed && decision.Version != (order?.Marks.Kept ?? 0) + 1)
            {
                return Offered.Gap;
            }

            if (_unkept.Count + _queue.Count >= _capacity || !_journal.HasRoom(isNew: false) || decision.Version > OrderMarks.MaxVersion)
            {
                return Offered.Full;
            }

            Take_NeedsLock(decision, order ?? Remember_NeedsLock(decision));
            return Offered.Taken;
        }
    }

    /// <summary>The first sync of this process is answered: what it did not list of earlier times was confirmed then.</summary>
    internal void Listed(IReadOnlyList<Decision> decisions)
    {
        lock (_lock)
        {
            if (_recovered is null)
            {
                return;
            }

            _recovered.ExceptWith(decisions.Select(decision => decision.OrderId));
            foreach (var orderId in _recovered)
            {
                if (_ledger.Orders.TryGetValue(orderId, out var order))
                {
                    order.Confirmed = order.Marks.Kept;
                }
            }

            _recovered = null;
        }
    }

    /// <summary>True when something is on the disk that no sync on its way confirms.</summary>
    internal bool HasNews
    {
        get
        {
            lock (_lock)
            {
                return _inFlight is null ? _unconfirmed.Count > 0 : HasNewer_NeedsLock(_inFlight);
            }
        }
    }

    /// <summary>What the next sync confirms.</summary>
    internal IReadOnlyList<Confirmation> Confirm()
    {
        lock (_lock)
        {
            if (_unconfirmed.Count == 0)
            {
                _inFlight = null;
                return [];
            }

            _inFlight = new Dictionary<OrderId, int>(_unconfirmed);
            return [.. _unconfirmed.Select(pair => new Confirmation(pair.Key, pair.Value))];
        }
    }

    /// <summary>The back end answered the sync, so it has what that confirmed.</summary>
    internal void Confirmed()
    {
        lock (_lock)
        {
            foreach (var (orderId, version) in _inFlight ?? [])
            {
                if (_unconfirmed.GetValueOrDefault(orderId) == version)
                {
                    _unconfirmed.Remove(orderId);
                }

                if (_ledger.Orders.TryGetValue(orderId, out var order))
                {
                    order.Confirmed = Math.Max(order.Confirmed, version);
                }
            }

            _inFlight = null;
        }
    }

    /// <summary>The sync on its way may not have arrived: the next one repeats it.</summary>
    internal void Disconnected()
    {
        lock (_lock)
        {
            _inFlight = null;
        }
    }

    private void Take_NeedsLock(Decision decision, OrderProgress order)
    {
        // A reader that waits for exactly this gets it with one flush instead of two: it is marked as handed over at once.
        var isShipment = decision.Kind == DecisionKinds.ShipmentAllowed;
        var start = _queue.HasReaderFor(_unkept.Count) && !(isShipment && order.Marks.Shipped);
        var kept = _journal.Writer.Decision(_ledger.MachineId, decision, start ? order.Marks.Start(decision.Version, isShipment) : null, out var bytes);
        var open = order.Keep(decision, bytes)!;
        if (start)
        {
            order.Start(open);
            open.IsStartedAhead = true;
        }

        order.Underway++;
        _journal.Took(bytes);
        _unkept.Enqueue((open, kept));
        _ = KeptAsync(kept);
    }

    private async Task KeptAsync(Task kept)
    {
        await kept.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            while (_unkept.TryPeek(out var first) && first.Kept.IsCompleted)
            {
                _unkept.Dequeue();
                var order = first.Open.Order;
                order.Underway--;
                if (first.Kept.IsCompletedSuccessfully)
                {
                    _queue.Add(first.Open);
                    Confirmable_NeedsLock(order);
                }
                else
                {
                    order.Abandon(first.Open);
                    _journal.Freed(first.Open.Bytes);
                }
            }
        }

        _wake();
    }

    private void Confirmable_NeedsLock(OrderProgress order)
    {
        if (order.Underway == 0 && order.Marks.Kept > 0)
        {
            _unconfirmed[order.OrderId] = order.Marks.Kept;
        }
    }

    private bool HasNewer_NeedsLock(Dictionary<OrderId, int> inFlight)
    {
        foreach (var (orderId, version) in _unconfirmed)
        {
            if (inFlight.GetValueOrDefault(orderId) != version)
            {
                return true;
            }
        }

        return false;
    }

    private OrderProgress Remember_NeedsLock(Decision newest)
    {
        if (_byAge.Count >= MaxOrders && _byAge.TryDequeue(out var oldest) && _ledger.Orders.TryGetValue(oldest, out var order))
        {
            if (order.IsNeeded && !order.Open.TrueForAll(open => newest.DecidedAt - open.Decision.DecidedAt > Patience))
            {
                _byAge.Enqueue(oldest);
            }
            else
            {
                order.Open.ForEach(open => _journal.Freed(open.Bytes));
                _ledger.Orders.Remove(oldest);
            }
        }

        _byAge.Enqueue(newest.OrderId);
        return _ledger.Order(newest.OrderId, _journal.Writer.Segment);
    }
}
