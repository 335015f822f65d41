using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// A machine's line to the back end: reports events, hands over decisions, and keeps one connection open for both. Thread-safe.
/// What is not receipted yet is kept in memory and sent again over later connections; it does not outlive the process.
/// </summary>
public sealed partial class MachineClient : IAsyncDisposable
{
    /// <summary>Only a connection that lasted this long proves that all is well; until then the delays go on growing.</summary>
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(30);

    private readonly MachineClientOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly MachineOutbox _outbox;
    private readonly MachineLine _line;
    private readonly DecisionInbox _inbox;
    private readonly Channel<ConnectionState> _states = System.Threading.Channels.Channel.CreateBounded<ConnectionState>(
        new BoundedChannelOptions(16) { SingleWriter = true, FullMode = BoundedChannelFullMode.DropOldest });

    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Random _random;
    private readonly long _boot;
    private readonly Lock _starting = new();
    private long _seq;
    private Task? _running;
    private volatile ConnectionState _state;

    /// <exception cref="ArgumentException">An option breaks its rule, which the message gives.</exception>
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
        _random = random;
        _logger = logger ?? NullLogger.Instance;
        _boot = time.GetUtcNow().ToUnixTimeMilliseconds();
        _outbox = new MachineOutbox(options.OutboxCapacity, options.InFlightWindow, options.ReceiptTimeout);
        _inbox = new DecisionInbox(options.DecisionCapacity);
        _line = new MachineLine(options, _outbox, _inbox, () => new SeenUpTo(_boot, Interlocked.Read(ref _seq)), time, random, _logger);
    }

    public MachineId MachineId => _options.MachineId;

    public ConnectionState State => _state;

    /// <summary>This machine's clock with the error that was seen at the last negotiation taken out: compare <see cref="Decision.ValidUntil"/> with it.</summary>
    public DateTimeOffset Now => _time.GetUtcNow() + _line.ClockOffset;

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
        var now = _time.GetUtcNow();
        return new ReportedEvent(Contracts.EventId.Parse(Ulid.NewUlid(now).ToString()), orderId, body, time ?? now, Boot: _boot, Seq: Interlocked.Increment(ref _seq));
    }

    /// <summary>Takes an event over for sending. It is kept, and sent under one id as often as it takes, until it has its receipt.</summary>
    /// <exception cref="OutboxFullException">Too many events wait already.</exception>
    public ValueTask<MachineReport> ReportAsync(OrderId orderId, OrderEvent body, CancellationToken cancellationToken = default)
    {
        return ReportAsync(Stamp(orderId, body), cancellationToken);
    }

    /// <summary>Takes over an event that was stamped before. Reporting the same id again is a repeat, which the back end recognises.</summary>
    /// <exception cref="OutboxFullException">Too many events wait already.</exception>
    public ValueTask<MachineReport> ReportAsync(ReportedEvent reported, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reported);
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        var report = _outbox.Add(reported, offline: _state != ConnectionState.Connected);
        _line.Wake();
        return ValueTask.FromResult(report);
    }

    /// <summary>
    /// The decisions, each handed over once while this client lives, those of an order in the order of their versions. Handing
    /// over confirms: the back end need not send it again. Ends when the client is disposed.
    /// </summary>
    public IAsyncEnumerable<Decision> ReadDecisionsAsync(CancellationToken cancellationToken = default) => _inbox.ReadAsync(_line.Wake, cancellationToken);

    /// <summary>The changes of <see cref="State"/>. Of a reader that is behind, the oldest are dropped. Ends when the client is disposed.</summary>
    public IAsyncEnumerable<ConnectionState> ReadStatesAsync(CancellationToken cancellationToken = default) => _states.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Waits for the receipts of everything reported so far.</summary>
    public Task FlushAsync(CancellationToken cancellationToken = default)
    {
        return Task.WhenAll(_outbox.Snapshot().Select(report => report.Receipt)).WaitAsync(cancellationToken);
    }

    /// <summary>Closes the connection. Events without a receipt are given up: call <see cref="FlushAsync"/> before.</summary>
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
        _inbox.Complete();
        _states.Writer.TryComplete();
        _connected.TrySetException(new ObjectDisposedException(nameof(MachineClient)));
        _ = _connected.Task.Exception;
        foreach (var report in _outbox.Snapshot())
        {
            report.Cancel();
        }
    }

    private async Task RunAsync()
    {
        var failures = 0;
        while (true)
        {
            var began = _time.GetTimestamp();
            var end = await _line.HoldAsync(Opened, _stopping.Token).ConfigureAwait(false);
            if (end.Reason == EndReason.Stopped)
            {
                return;
            }

            var stable = end.Reason == EndReason.Dropped && _time.GetElapsedTime(began) >= StableAfter;
            failures = stable ? 0 : failures + 1;
            var delay = Delay(end, failures);
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

    private TimeSpan Delay(ConnectionEnd end, int failures)
    {
        var jittered = _options.Backoff.Next(Math.Max(failures - 1, 0), _random);
        return end.Reason switch
        {
            EndReason.Refused => _options.RefusedDelay * (1 + _random.NextDouble()),
            EndReason.Throttled => end.RetryAfter + jittered,
            _ => jittered,
        };
    }

    private void Opened()
    {
        Log.Connected(_logger, MachineId);
        Enter(ConnectionState.Connected);
        _connected.TrySetResult();
    }

    private void Enter(ConnectionState state)
    {
        if (_state != state)
        {
            _state = state;
            _states.Writer.TryWrite(state);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4001, LogLevel.Information, "Machine {MachineId} is connected.")]
        internal static partial void Connected(ILogger logger, MachineId machineId);

        [LoggerMessage(4002, LogLevel.Warning, "Machine {MachineId} has no connection ({Reason}): {Detail} Next attempt in {DelaySeconds:0.0} s.")]
        internal static partial void Disconnected(ILogger logger, MachineId machineId, EndReason reason, string detail, double delaySeconds);

        [LoggerMessage(4003, LogLevel.Error, "Machine {MachineId} is refused: {Detail} Next attempt in {DelaySeconds:0} s.")]
        internal static partial void Refused(ILogger logger, MachineId machineId, string detail, double delaySeconds);
    }
}
