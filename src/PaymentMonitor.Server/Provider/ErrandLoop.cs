using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>
/// Takes the stored orders that have errands to the payment provider, until they have none. Which orders those are stands in the store,
/// so a restart forgets nothing; only the waits between two tries begin anew.
/// </summary>
internal sealed partial class ErrandLoop : BackgroundService
{
    private const int Capacity = 1_024;
    private const int LaneWidth = 16;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private readonly EmbeddedStore _store;
    private readonly ProviderDesk _desk;
    private readonly TimeProvider _time;
    private readonly ILogger<ErrandLoop> _logger;
    private readonly ConcurrentDictionary<OrderKey, UnderWay> _orders = new();

    // Where customers wait, refunds that hang must not be in the way.
    private readonly SemaphoreSlim _questions = new(LaneWidth);
    private readonly SemaphoreSlim _others = new(LaneWidth);

    public ErrandLoop(EmbeddedStore store, ProviderDesk desk, TimeProvider time, IMeterFactory meters, ILogger<ErrandLoop> logger)
    {
        _store = store;
        _desk = desk;
        _time = time;
        _logger = logger;
        meters.Create(Telemetry.Meter).CreateObservableGauge(
            "paymentmonitor.provider.waiting", Waiting, "{order}", "Orders with something to be done at the payment provider, by errand.");
    }

    /// <summary>More orders than this wait in the store, newest first in line.</summary>
    internal int OrdersMax { get; init; } = 10_000;

    public override void Dispose()
    {
        _questions.Dispose();
        _others.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Subscribed before the first look, so that nothing falls between the two.
        var changes = _store.Subscribe(Capacity);
        try
        {
            await Task.WhenAll(WatchAsync(changes, stoppingToken), LookAgainAsync(stoppingToken));
        }
        finally
        {
            // What the store is asked for, it must still be there for.
            await Task.WhenAll(_orders.Values.Select(order => order.Task));
        }
    }

    private async Task WatchAsync(System.Threading.Channels.ChannelReader<IReadOnlyList<OrderChange>> changes, CancellationToken stopping)
    {
        await foreach (var transaction in changes.ReadAllAsync(stopping))
        {
            foreach (var change in transaction)
            {
                if (change.After.Errands is not ProviderErrands.None || change.Before is { Errands: not ProviderErrands.None })
                {
                    Note(change.After, stopping);
                }
            }
        }
    }

    /// <summary>Makes up for what a restart, or a burst of changes, left out.</summary>
    private async Task LookAgainAsync(CancellationToken stopping)
    {
        using var ticks = new PeriodicTimer(LookEvery, _time);
        do
        {
            foreach (var order in _store.WithErrands(OrdersMax))
            {
                Note(order, stopping);
            }
        }
        while (await ticks.WaitForNextTickAsync(stopping));
    }

    private void Note(Order order, CancellationToken stopping)
    {
        var key = new OrderKey(order.MachineId, order.OrderId);
        if (_orders.TryGetValue(key, out var known))
        {
            known.Note(order.Errands);
        }
        else if (order.Errands is not ProviderErrands.None && _orders.Count < OrdersMax)
        {
            var underWay = new UnderWay(order.Errands);
            if (_orders.TryAdd(key, underWay))
            {
                underWay.Task = FollowAsync(key, underWay, stopping);
            }
        }
    }

    private async Task FollowAsync(OrderKey key, UnderWay underWay, CancellationToken stopping)
    {
        await Task.Yield();
        try
        {
            await DoAllAsync(key, underWay, stopping);
            _orders.TryRemove(key, out _);

            // What changed between the last look and now was noted on what is no longer there.
            if (await _store.Orders.ReadAsync(key, stopping) is { } order)
            {
                Note(order, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The store has it; the next start goes on with it.
        }
        catch (Exception e)
        {
            Log.Failed(_logger, key, e);
            _orders.TryRemove(key, out _);
        }
    }

    private async Task DoAllAsync(OrderKey key, UnderWay underWay, CancellationToken stopping)
    {
        var attempts = 0;
        while (await _store.Orders.ReadAsync(key, stopping) is { Errands: not ProviderErrands.None } order)
        {
            attempts = underWay.Begin(order.Errands) ? 0 : attempts;
            var wait = await DoAsync(order, attempts++, stopping);
            if (await _store.Orders.ReadAsync(key, stopping) is { Errands: not ProviderErrands.None } after && after.Errands == order.Errands)
            {
                await underWay.WaitAsync(wait, _time, stopping);
            }
        }
    }

    private async Task<TimeSpan> DoAsync(Order order, int attempts, CancellationToken stopping)
    {
        var lane = (order.Errands & (ProviderErrands.Claim | ProviderErrands.Expiry)) is ProviderErrands.None ? _others : _questions;
        await lane.WaitAsync(stopping);
        try
        {
            return await _desk.DoAsync(order, attempts, stopping);
        }
        finally
        {
            lane.Release();
        }
    }

    private IEnumerable<Measurement<int>> Waiting()
    {
        return _orders.Values
            .SelectMany(order => ProviderErrandNames.Of(order.Errands))
            .CountBy(name => name)
            .Select(pair => new Measurement<int>(pair.Value, new KeyValuePair<string, object?>("errand", pair.Key)));
    }

    /// <summary>An order whose errands are being done, and the wait between two tries, which ends early when the errands change.</summary>
    private sealed class UnderWay(ProviderErrands errands)
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource _changed = NewSource();

        internal ProviderErrands Errands { get; private set; } = errands;

        internal Task Task { get; set; } = Task.CompletedTask;

        internal void Note(ProviderErrands now)
        {
            lock (_lock)
            {
                if (now != Errands)
                {
                    Errands = now;
                    _changed.TrySetResult();
                }
            }
        }

        /// <returns>True where there is something new to do, which has not been tried yet.</returns>
        internal bool Begin(ProviderErrands now)
        {
            lock (_lock)
            {
                var isNew = now != Errands || _changed.Task.IsCompleted;
                Errands = now;
                if (_changed.Task.IsCompleted)
                {
                    _changed = NewSource();
                }

                return isNew;
            }
        }

        internal async Task WaitAsync(TimeSpan wait, TimeProvider time, CancellationToken stopping)
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            await Task.WhenAny(Task.Delay(wait, time, enough.Token), _changed.Task);
            await enough.CancelAsync();
        }

        private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 6010, Level = LogLevel.Error, Message = "An errand of order {Order} at the payment provider failed; it is tried again within a minute")]
        internal static partial void Failed(ILogger logger, OrderKey order, Exception exception);
    }
}
