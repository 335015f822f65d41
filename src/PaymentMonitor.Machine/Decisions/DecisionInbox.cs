using System.Runtime.CompilerServices;
using System.Threading.Channels;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

internal enum Offered
{
    /// <summary>It waits to be read.</summary>
    Taken,

    /// <summary>It was handed over before.</summary>
    Repeated,

    /// <summary>An earlier decision of the order is missing; a sync brings both, in order.</summary>
    Gap,

    /// <summary>The reader is behind. The back end keeps what is not confirmed and sends it again.</summary>
    Full,
}

/// <summary>
/// Hands each decision over once, those of an order in the order of their versions, and remembers which to confirm: those that
/// were handed over. A confirmation covers all earlier versions, so none may be passed over. Thread-safe.
/// </summary>
internal sealed class DecisionInbox(int capacity)
{
    /// <summary>Orders remembered beyond those with work left: old ones are confirmed and do not come again.</summary>
    private const int MaxOrders = 256;

    private readonly Lock _lock = new();
    private readonly Channel<Decision> _channel = System.Threading.Channels.Channel.CreateBounded<Decision>(new BoundedChannelOptions(capacity) { SingleWriter = true });
    private readonly Dictionary<OrderId, Progress> _orders = [];
    private readonly Queue<OrderId> _byAge = new();
    private readonly Dictionary<OrderId, int> _unconfirmed = [];
    private Dictionary<OrderId, int>? _inFlight;

    /// <param name="listed">From a sync's answer, which lists all that is not confirmed: what it leaves out was confirmed before.</param>
    internal Offered Offer(Decision decision, bool listed)
    {
        lock (_lock)
        {
            var known = _orders.TryGetValue(decision.OrderId, out var progress);
            if (decision.Version <= progress.Queued)
            {
                // The confirmation may be lost as well as on its way; saying it again costs little.
                if (decision.Version <= progress.Yielded)
                {
                    _unconfirmed[decision.OrderId] = progress.Yielded;
                }

                return Offered.Repeated;
            }

            if (!listed && decision.Version != progress.Queued + 1)
            {
                return Offered.Gap;
            }

            if (!_channel.Writer.TryWrite(decision))
            {
                return Offered.Full;
            }

            _orders[decision.OrderId] = progress with { Queued = decision.Version };
            if (!known)
            {
                _byAge.Enqueue(decision.OrderId);
                Forget_NeedsLock();
            }

            return Offered.Taken;
        }
    }

    internal async IAsyncEnumerable<Decision> ReadAsync(Action confirmable, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var decision in _channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            lock (_lock)
            {
                var progress = _orders[decision.OrderId];
                _orders[decision.OrderId] = progress with { Yielded = Math.Max(progress.Yielded, decision.Version) };
                _unconfirmed[decision.OrderId] = Math.Max(progress.Yielded, decision.Version);
            }

            confirmable();
            yield return decision;
        }
    }

    /// <summary>True when something was handed over that no sync on its way confirms.</summary>
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

    internal void Complete() => _channel.Writer.TryComplete();

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

    private void Forget_NeedsLock()
    {
        if (_byAge.Count <= MaxOrders)
        {
            return;
        }

        var orderId = _byAge.Dequeue();
        if (_orders.TryGetValue(orderId, out var progress) && (progress.Yielded < progress.Queued || _unconfirmed.ContainsKey(orderId)))
        {
            _byAge.Enqueue(orderId);
            return;
        }

        _orders.Remove(orderId);
    }

    private readonly record struct Progress(int Queued, int Yielded);
}
