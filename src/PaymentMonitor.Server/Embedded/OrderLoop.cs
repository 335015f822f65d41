using System.Threading.Channels;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// The only writer. It takes what has arrived, applies it to the orders, and commits log, orders, references and dead letters in
/// one transaction; receipts and decisions leave only after that (<see cref="Announcements"/>). An idle loop commits at once; under load the next transaction
/// takes what arrived during the last. It has a thread of its own, because it waits for the disk.
/// </summary>
internal sealed partial class OrderLoop : IDisposable
{
    /// <summary>Up to so many items the loop tells of itself when nothing else waits: waking a thread would cost as much and take longer.</summary>
    private const int AloneMax = 4;

    private readonly StoreWriter _writer;
    private readonly OrderWorkflow _workflow;
    private readonly TimeProvider _time;
    private readonly StoreOptions _options;
    private readonly PendingReferences _references;
    private readonly ILogger _logger;
    private readonly StoreMetrics _metrics;
    private readonly LoopQueue _queue;
    private readonly BoundedPool<AppendItem> _pool;
    private readonly HotOrders _hot;
    private readonly Wakes _wakes;
    private readonly Checkpoints _checkpoints;
    private readonly Dictionary<OrderKey, TouchedOrder> _touched = [];
    private readonly Lock _subscribing = new();
    private readonly Action<OrderKey, Exception> _reportPoison;
    private Announcements? _announcements;
    private volatile ChannelWriter<IReadOnlyList<OrderChange>>[] _subscribers = [];
    private long _position;
    private long _newestRow;
    private bool _keepsFeed;
    private int _sweepQueued;
    private volatile bool _isFailing;

    internal OrderLoop(
        StoreWriter writer, StoreStart start, PendingReferences references, OrderWorkflow workflow, StoreOptions options, TimeProvider time, StoreSignals signals)
    {
        _writer = writer;
        _workflow = workflow;
        _time = time;
        _options = options;
        _references = references;
        _logger = signals.Logger;
        _reportPoison = ReportPoison;
        _position = start.Position;
        _newestRow = start.NewestRow;
        _keepsFeed = start.KeepsFeed;
        _queue = new LoopQueue(time, options.QueueCapacity, start.NewestMs);
        _pool = new BoundedPool<AppendItem>(static () => new AppendItem(), options.QueueCapacity);
        _hot = new HotOrders(options.HotOrders);
        Unconfirmed = new UnconfirmedOrders(start.Unconfirmed, time.GetUtcNow().ToUnixTimeMilliseconds());
        Counts = new OrderCounts(start.Open);
        _wakes = new Wakes(time, EnqueueSweep);
        _checkpoints = new(writer.Database, start.Path, options.CheckpointPages);
        _metrics = new StoreMetrics(signals.Meters, () => _queue.Count, _queue.Age, () => _wakes.Count);
        foreach (var (key, dueMs) in start.Wakes)
        {
            _wakes.Set(key, dueMs);
        }
    }

    /// <summary>After a commit that added to the feed, on the loop's thread: whoever listens only takes note.</summary>
    internal event Action? FeedGrew;

    /// <summary>After a commit that added to the log, on the loop's thread: whoever listens only takes note.</summary>
    internal event Action? LogGrew;

    internal bool IsFailing => _isFailing;

    internal UnconfirmedOrders Unconfirmed { get; }

    internal OrderCounts Counts { get; }

    /// <summary>Items that wait for the loop.</summary>
    internal int QueueLength => _queue.Count;

    /// <param name="tell">Tells everyone of a transaction; null: only those who wait for it.</param>
    internal void Start(Action<Announcement>? tell)
    {
        _announcements = new Announcements(tell ?? (static announcement => announcement.Answer()), _logger);
        _announcements.Start();
        _wakes.Arm();
        new Thread(Run) { IsBackground = true, Name = "order loop" }.Start();
    }

    /// <summary>Works off what waits, then ends. Appends from now on are refused.</summary>
    internal Task StopAsync()
    {
        _queue.Close();
        return _announcements?.Ended ?? Task.CompletedTask;
    }

    internal ValueTask AppendAsync(Report report)
    {
        var item = _pool.Rent();
        item.Prepare(_pool, report);
        if (_queue.TryEnqueue(item))
        {
            return item.Task;
        }

        _pool.Return(item);
        _metrics.Refused();
        return ValueTask.FromException(new LogUnavailableException("The server has more to do than it can; the event was not kept.") { RetryAfter = _options.RetryAfter });
    }

    /// <summary>Runs a write inside the loop's next transaction; the result comes when it is on the disk.</summary>
    internal Task<T> WriteAsync<T>(Func<UnitOfWork, T> write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var item = new WriteItem<T>(write);
        return _queue.TryEnqueue(item)
            ? item.Task
            : Task.FromException<T>(new LogUnavailableException("The server has more to do than it can.") { RetryAfter = _options.RetryAfter });
    }

    /// <summary>
    /// The changes of each transaction, confirmations included, after its commit. A subscriber that falls behind by more than <paramref name="capacity"/>
    /// transactions misses some (counted): what must not be missed is read from the feed.
    /// </summary>
    internal ChannelReader<IReadOnlyList<OrderChange>> Subscribe(int capacity)
    {
        var channel = Channel.CreateBounded<IReadOnlyList<OrderChange>>(new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = true });
        lock (_subscribing)
        {
            _subscribers = [.. _subscribers, channel.Writer];
        }

        return channel.Reader;
    }

    public void Dispose()
    {
        _wakes.Dispose();
        _checkpoints.Dispose();
        _writer.Dispose();
        _checkpoints.CloseFile();
    }

    private void Run()
    {
        while (_queue.TakeAll() is { } taken)
        {
            for (var from = 0; from < taken.Count; from += _options.BatchMax)
            {
                Commit(taken.Count <= _options.BatchMax ? taken : taken.Slice(from, Math.Min(_options.BatchMax, taken.Count - from)));
                _checkpoints.Run();
            }
        }

        foreach (var subscriber in _subscribers)
        {
            subscriber.Complete();
        }

        _announcements!.Close();
    }

    private void Commit(List<LoopItem> items)
    {
        var started = _time.GetTimestamp();
        _touched.Clear();
        var work = new UnitOfWork(_writer, _workflow, _hot, _references, _touched, _position, _newestRow)
        {
            Now = _time.GetUtcNow(),
            KeepsFeed = _keepsFeed,
            OnPoison = _reportPoison,
            OrdersElsewhere = _options.OrdersElsewhere,
        };
        try
        {
            _writer.Begin();
            foreach (var item in items)
            {
                item.Apply(work);
            }

            work.Write();
            _writer.Commit();
        }
        catch (Exception e)
        {
            Undo();
            GiveUp(items, e);
            return;
        }

        var logGrew = work.Position > _position;
        _position = work.Position;
        _newestRow = work.NewestRow;
        _keepsFeed = work.KeepsFeed;
        var changes = work.Publish(_wakes, Unconfirmed, Counts);
        HandOver(changes);
        if (_keepsFeed && changes.Count > 0)
        {
            FeedGrew?.Invoke();
        }

        if (logGrew)
        {
            LogGrew?.Invoke();
        }

        _wakes.Arm();
        var appends = 0;
        foreach (var item in items)
        {
            appends += item is AppendItem ? 1 : 0;
            item.Committed();
        }

        _announcements!.Add(new Announcement(items, changes), loopIsIdle: items.Count <= AloneMax && _queue.Count == 0);
        _metrics.Committed(items.Count, appends, _time.GetElapsedTime(started));
        _metrics.SetAside(work.DeadLetters);
        foreach (var order in work.LostCoupons)
        {
            _metrics.LostCoupon(_logger, order);
        }

        if (_isFailing)
        {
            _isFailing = false;
            Log.Recovered(_logger);
        }
    }

    // Nothing in memory was changed yet, so taking back the transaction is all there is to undo.
    private void Undo()
    {
        try
        {
            _writer.Rollback();
        }
        catch (StoreException e)
        {
            Log.RollbackFailed(_logger, e);
        }
    }

    private void GiveUp(List<LoopItem> items, Exception reason)
    {
        switch (reason)
        {
            case StoreException:
                _metrics.Failed();
                if (!_isFailing)
                {
                    _isFailing = true;
                    Log.CommitFailed(_logger, reason);
                }

                FailAll(items, new LogUnavailableException("The event could not be stored.", reason) { RetryAfter = _options.RetryAfter });
                _wakes.Arm();
                break;
            case var _ when items.Count > 1:
                // One of them is at fault, and the others shall not suffer for it.
                foreach (var item in items)
                {
                    Commit([item]);
                }

                break;
            case var _ when items[0] is AppendItem { IsPoison: false } append:
                Log.PoisonEvent(_logger, reason);
                _metrics.Poison();
                append.IsPoison = true;
                Commit(items);
                break;
            default:
                Log.WriteFailed(_logger, reason);
                FailAll(items, reason);
                break;
        }
    }

    private void FailAll(List<LoopItem> items, Exception reason)
    {
        foreach (var item in items)
        {
            item.Failed(reason);
        }

        _announcements!.Add(new Announcement(items, []), loopIsIdle: false);
    }

    private void HandOver(List<OrderChange> changes)
    {
        if (changes.Count == 0)
        {
            return;
        }

        foreach (var subscriber in _subscribers)
        {
            if (!subscriber.TryWrite(changes))
            {
                _metrics.Dropped();
            }
        }
    }

    private void ReportPoison(OrderKey key, Exception e)
    {
        _metrics.Poison();
        Log.Poison(_logger, key, e);
    }

    private void EnqueueSweep()
    {
        if (Interlocked.Exchange(ref _sweepQueued, 1) == 0)
        {
            _queue.EnqueueAlways(new SweepItem(_wakes, SweepStarted));
        }
    }

    private void SweepStarted()
    {
        Volatile.Write(ref _sweepQueued, 0);
        _wakes.Disarm();
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "The store cannot commit; events are answered with retry until it can")]
        internal static partial void CommitFailed(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 3002, Level = LogLevel.Information, Message = "The store commits again")]
        internal static partial void Recovered(ILogger logger);

        [LoggerMessage(EventId = 3003, Level = LogLevel.Error, Message = "The rules failed on an event of order {Order}; it is set aside as poison")]
        internal static partial void Poison(ILogger logger, OrderKey order, Exception exception);

        [LoggerMessage(EventId = 3004, Level = LogLevel.Error, Message = "An event could not be written; it is set aside as poison")]
        internal static partial void PoisonEvent(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 3005, Level = LogLevel.Error, Message = "A write to the store failed")]
        internal static partial void WriteFailed(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 3006, Level = LogLevel.Error, Message = "A transaction could not be taken back")]
        internal static partial void RollbackFailed(ILogger logger, Exception exception);
    }
}
