using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// A machine's line to the back end: reports events, hands over decisions, and keeps one connection open for both. Thread-safe.
/// What is reported is in the <see cref="MachineJournal"/> before it is sent, and is sent until it has its receipt, over any number
/// of connections and processes; what is decided is in it before it is confirmed, and again before it is handed over.
/// </summary>
public sealed partial class MachineClient : IAsyncDisposable
{
    private readonly MachineClientOptions _options;
    private readonly TimeProvider _time;
    private readonly MachineClock _clock;
    private readonly ILogger _logger;
    private readonly MachineLedger _ledger;
    private readonly MachineOutbox _outbox;
    private readonly MachineLine _line;
    private readonly DecisionQueue _decisions = new();
    private readonly HandOver _handOver;
    private readonly Channel<ConnectionState> _states = System.Threading.Channels.Channel.CreateBounded<ConnectionState>(
        new BoundedChannelOptions(16) { SingleWriter = true, FullMode = BoundedChannelFullMode.DropOldest });

    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ReconnectDelay _delay;
    private readonly long _boot;
    private readonly Lock _starting = new();
    private long _seq;
    private bool _detached;
    private Task? _running;
    private volatile ConnectionState _state;

    /// <exception cref="ArgumentException">An option breaks its rule, which the message gives.</exception>
    /// <exception cref="JournalException">The machine has another client over the same journal.</exception>
    public MachineClient(MachineClientOptions options, ILogger<MachineClient>? logger = null)
        : this(options, TimeProvider.System, Random.Shared, logger)
    {
    }

    internal MachineClient(MachineClientOptions options, TimeProvider time, Random random, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _time = time;
        _clock = new MachineClock(time);
        _delay = new ReconnectDelay(options, random);
        _logger = logger ?? NullLogger.Instance;
        _ledger = options.Journal.Attach(options.MachineId);
        _boot = _ledger.LastBoot;
        _outbox = new MachineOutbox(options, _ledger);
        _handOver = new HandOver(options.Journal, _ledger, _decisions, time, _logger);
        var inbox = new DecisionInbox(options.DecisionCapacity, options.Journal, _ledger, _decisions, () => _line!.Wake());
        var before = _ledger.LastUsed;
        _line = new MachineLine(options, _outbox, inbox, Sync, _clock, time, random, _logger);

        SyncRequest Sync(IReadOnlyList<Confirmation> confirmed) => new(confirmed, new SeenUpTo(_boot, Interlocked.Read(ref _seq)), before);
    }

    public MachineId MachineId => _options.MachineId;

    public ConnectionState State => _state;

    /// <summary>
    /// The back end's clock, as negotiations, receipts and syncs tell it: compare <see cref="Decision.ValidUntil"/> with it. A change of
    /// the system's clock does not move it. Before the first connection it is the system's.
    /// </summary>
    public DateTimeOffset Now => _clock.ServerNow;

    /// <summary>Events that wait for their receipts.</summary>
    public int Pending => _outbox.Count;

    /// <summary>
    /// Starts to connect and returns with the first connection. Where the back end cannot be reached it tries on, and goes on
    /// trying when this call is cancelled; events can be reported meanwhile.
    /// </summary>
    /// <exception cref="MachineRefusedException">The secret is wrong, or the machine is revoked or was never registered.</exception>
    public Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        lock (_starting)
        {
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
            _running ??= Task.Run(RunAsync, CancellationToken.None);
        }

        return _connected.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Makes an event of this machine: its id, its place (boot and seq) and its time. Each must be reported, or the back end sees a gap.</summary>
    /// <param name="time">When it happened; now, if not given.</param>
    public ReportedEvent Stamp(OrderId orderId, OrderEvent body, DateTimeOffset? time = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        var now = _clock.Now;
        return new ReportedEvent(Contracts.EventId.Parse(Ulid.NewUlid(now).ToString()), orderId, body, time ?? now, Boot: _boot, Seq: Interlocked.Increment(ref _seq));
    }

    /// <summary>Takes an event over: when this returns it is on the disk, and it is sent under one id until it has its receipt.</summary>
    /// <exception cref="ReportRefusedException">There is no room for it, or the disk takes nothing. Nothing is sent of it.</exception>
    public async ValueTask<MachineReport> ReportAsync(OrderId orderId, OrderEvent body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        Require(cancellationToken);
        long? seq = null;
        try
        {
            return await KeepAsync(() => _outbox.Add(Stamped, body, IsOffline), body, cancellationToken).ConfigureAwait(false);
        }
        catch (ReportRefusedException e) when (e.Name == "event-too-large" && seq is { } unused)
        {
            // It will never be reported, and must not leave a gap.
            Interlocked.CompareExchange(ref _seq, unused - 1, unused);
            throw;
        }

        ReportedEvent Stamped()
        {
            var stamped = Stamp(orderId, body);
            seq = stamped.Seq;
            return stamped;
        }
    }

    /// <summary>Takes over an event that was stamped before. Reporting the same id again is a repeat, which the back end recognises.</summary>
    /// <exception cref="ReportRefusedException">There is no room for it, or the disk takes nothing. Nothing is sent of it.</exception>
    public async ValueTask<MachineReport> ReportAsync(ReportedEvent reported, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reported);
        Require(cancellationToken);
        return await KeepAsync(() => _outbox.Add(reported, IsOffline), reported.Body, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The decisions, each handed over once, those of an order in the order of their versions; see <see cref="MachineDecision"/> for
    /// when one is done and for those that come once more after a crash. A permission to ship that is over is not handed over: the
    /// client reports <c>shipment.failed</c> with the reason <c>expired</c>. Ends when the client is disposed.
    /// </summary>
    public IAsyncEnumerable<MachineDecision> ReadDecisionsAsync(CancellationToken cancellationToken = default)
    {
        return _handOver.ReadAsync(() => Now, ExpireAsync, cancellationToken);
    }

    /// <summary>The changes of <see cref="State"/>. Of a reader that is behind, the oldest are dropped. Ends when the client is disposed.</summary>
    public IAsyncEnumerable<ConnectionState> ReadStatesAsync(CancellationToken cancellationToken = default) => _states.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Waits for the receipts of everything reported so far.</summary>
    public Task FlushAsync(CancellationToken cancellationToken = default)
    {
        return Task.WhenAll(_outbox.Snapshot().Select(report => report.Receipt)).WaitAsync(cancellationToken);
    }

    /// <summary>Closes the connection. Events without a receipt stay in the journal, and the next client over it goes on with them.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? running;
        lock (_starting)
        {
            running = _running;
            if (!_stopping.IsCancellationRequested)
            {
                _stopping.Cancel();
            }
        }

        if (running is not null)
        {
            await running.ConfigureAwait(false);
        }

        Enter(ConnectionState.Closed);
        _decisions.Complete();
        _states.Writer.TryComplete();
        _connected.TrySetException(new ObjectDisposedException(nameof(MachineClient)));
        _ = _connected.Task.Exception;
        lock (_starting)
        {
            if (_detached)
            {
                return;
            }

            _detached = true;
        }

        await _options.Journal.DetachAsync(_ledger).ConfigureAwait(false);
        foreach (var report in _outbox.Snapshot())
        {
            report.Cancel();
        }
    }

    /// <summary>The report of an event that waits for its receipt, also from an earlier process. Null: none does.</summary>
    internal MachineReport? Waiting(Contracts.EventId id) => _outbox.Snapshot().FirstOrDefault(report => report.Event.Id == id);

    private bool IsOffline => _state != ConnectionState.Connected;

    private void Require(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
    }

    /// <summary>Cancelling ends the waiting, not the keeping.</summary>
    private async Task<MachineReport> KeepAsync(Func<MachineReport> add, OrderEvent body, CancellationToken cancellationToken)
    {
        try
        {
            var report = add();
            report.Trace(MachineId);
            var keeping = KeepAsync(report);
            return await (cancellationToken.CanBeCanceled ? keeping.WaitAsync(cancellationToken) : keeping).ConfigureAwait(false);
        }
        catch (ReportRefusedException e)
        {
            MachineMetrics.Refused.Add(1, new KeyValuePair<string, object?>("name", e.Name));
            Log.NotKept(_logger, MachineId, body.Type, e.Name, e.Message);
            throw;
        }
    }

    private async Task<MachineReport> KeepAsync(MachineReport report)
    {
        try
        {
            await report.Kept.ConfigureAwait(false);
            return report;
        }
        finally
        {
            _outbox.Kept();
            _line.Wake();
        }
    }

    private async Task ExpireAsync(Decision decision, CancellationToken cancellationToken)
    {
        await ReportAsync(decision.OrderId, new OrderEvent.ShipmentFailed("expired"), cancellationToken).ConfigureAwait(false);
        _options.PermissionExpired?.Invoke(decision);
    }

    private async Task RunAsync()
    {
        while (true)
        {
            var began = _time.GetTimestamp();
            var end = await _line.HoldAsync(Opened, _stopping.Token).ConfigureAwait(false);
            if (end.Reason == EndReason.Stopped)
            {
                return;
            }

            MachineMetrics.Disconnects.Add(1, new KeyValuePair<string, object?>("reason", end.Reason.ToString()));
            var delay = _delay.Next(end, _time.GetElapsedTime(began));
            if (end.Reason == EndReason.Refused)
            {
                Log.Refused(_logger, MachineId, end.Detail, delay.TotalSeconds);
                Enter(ConnectionState.Refused);
                _connected.TrySetException(new MachineRefusedException(end.Detail));
            }
            else
            {
                Log.Disconnected(_logger, MachineId, end.Reason, end.Detail, delay.TotalSeconds);
                Enter(_connected.Task.IsCompleted ? ConnectionState.Reconnecting : ConnectionState.Connecting);
            }

            await Task.Delay(delay, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Opened()
    {
        Log.Connected(_logger, MachineId);
        _handOver.ClockKnown();
        Enter(ConnectionState.Connected);
        _connected.TrySetResult();
    }

    private void Enter(ConnectionState state)
    {
        if (_state != state)
        {
            MachineMetrics.Connected.Add(state == ConnectionState.Connected ? 1 : _state == ConnectionState.Connected ? -1 : 0);
            _state = state;
            _states.Writer.TryWrite(state);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7115, LogLevel.Warning, "Machine {MachineId} cannot take over {Type} ({Name}): {Detail}")]
        internal static partial void NotKept(ILogger logger, MachineId machineId, string type, string name, string detail);

        [LoggerMessage(4001, LogLevel.Information, "Machine {MachineId} is connected.")]
        internal static partial void Connected(ILogger logger, MachineId machineId);

        [LoggerMessage(4002, LogLevel.Warning, "Machine {MachineId} has no connection ({Reason}): {Detail} Next attempt in {DelaySeconds:0.0} s.")]
        internal static partial void Disconnected(ILogger logger, MachineId machineId, EndReason reason, string detail, double delaySeconds);

        [LoggerMessage(4003, LogLevel.Error, "Machine {MachineId} is refused: {Detail} Next attempt in {DelaySeconds:0} s.")]
        internal static partial void Refused(ILogger logger, MachineId machineId, string detail, double delaySeconds);
    }
}
