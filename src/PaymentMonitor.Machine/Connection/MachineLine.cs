using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// Holds one connection after the other between the outbox, the inbox and the back end, and recovers those it can. One loop reads and
/// one writes; one timer wakes the writer for whatever is due next (a sync, a delayed repetition), so that no event needs a timer of its own.
/// </summary>
internal sealed partial class MachineLine
{
    /// <summary>How long a farewell may take.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    /// <summary>No event has such an id.</summary>
    private const string SyncQuestion = "/sync";

    private static readonly ConnectionEnd Disposed = new(EndReason.Stopped, "The client is disposed.");

    private static readonly HttpMessageInvoker SharedHttp = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    });

    private readonly MachineClientOptions _options;
    private readonly MachineOutbox _outbox;
    private readonly DecisionInbox _inbox;
    private readonly Func<IReadOnlyList<Confirmation>, SyncRequest> _sync;
    private readonly TimeProvider _time;
    private readonly MachineClock _clock;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly HttpMessageInvoker _http;
    private readonly TokenRenewal _token;
    private readonly Recovery _recovery = new();
    private readonly SequenceAcks _sequenceAcks = new();
    private readonly Signal _signal = new();
    private readonly SyncSchedule _syncs;
    private readonly Resends _resends;
    private Action? _opened;

    internal MachineLine(
        MachineClientOptions options, MachineOutbox outbox, DecisionInbox inbox, Func<IReadOnlyList<Confirmation>, SyncRequest> sync, MachineClock clock, TimeProvider time, Random random, ILogger logger)
    {
        _options = options;
        _outbox = outbox;
        _inbox = inbox;
        _sync = sync;
        _time = time;
        _clock = clock;
        _random = random;
        _logger = logger;
        _http = options.Http ?? SharedHttp;
        _token = new TokenRenewal(options, new Negotiator(options, _http, clock, time), time, random, logger);
        _syncs = new SyncSchedule(options.SyncInterval, options.ConfirmDelay);
        _resends = new Resends(options, outbox, Wake, logger);
    }

    private TimeSpan Uptime => _clock.Uptime;

    /// <summary>There may be something to send.</summary>
    internal void Wake() => _signal.Set();

    /// <summary>Connects or recovers the connection that was lost, and works until that ends.</summary>
    internal async Task<ConnectionEnd> HoldAsync(Action opened, CancellationToken stopping)
    {
        try
        {
            var (socket, isRecovery) = await ConnectAsync(stopping).ConfigureAwait(false);
            using (socket)
            {
                var end = await HoldAsync(socket, isRecovery, opened, stopping).ConfigureAwait(false);
                _outbox.Disconnected();
                _inbox.Disconnected();
                _clock.Forget();
                return end;
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return Disposed;
        }
        catch (ConnectFailedException e)
        {
            return e.End;
        }
        catch (Exception e)
        {
            return new ConnectionEnd(EndReason.Unreachable, e.Message);
        }
    }

    private async Task<ConnectionEnd> HoldAsync(MachineSocket socket, bool isRecovery, Action opened, CancellationToken stopping)
    {
        _sequenceAcks.Opened(_recovery.LastSequenceId, Uptime);
        _opened = opened;
        if (!isRecovery)
        {
            _syncs.Connected();
            Opened();
        }

        var end = await WorkAsync(socket, isRecovery, stopping).ConfigureAwait(false);

        // A recovery counts from the service's first frame: until then it may still refuse.
        var wasOpened = _opened is null;
        if (end.Reason == EndReason.Closed)
        {
            _recovery.Forget();
            return isRecovery && !wasOpened ? end with { Reason = EndReason.Forgotten } : end;
        }

        _recovery.Lost(Uptime);
        return end;
    }

    private void Opened()
    {
        if (_opened is { } opened)
        {
            _opened = null;
            _recovery.Opened();
            opened();
        }
    }

    private async Task<(MachineSocket Socket, bool IsRecovery)> ConnectAsync(CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(_options.ConnectTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, timeout.Token);
        try
        {
            var session = await _token.GetAsync(either.Token).ConfigureAwait(false);
            return _recovery.Address(session.Url, Uptime) is { } address
                ? (await MachineSocket.RecoverAsync(address, _options, _http, either.Token).ConfigureAwait(false), true)
                : (await MachineSocket.ConnectAsync(session, _options, _http, either.Token).ConfigureAwait(false), false);
        }
        catch (ConnectFailedException e) when (e.End.Reason == EndReason.TokenRefused)
        {
            // A new negotiation tells whether the machine is refused, or only this token.
            _token.Discard();
            _recovery.Forget();
            throw;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            throw new ConnectFailedException(new ConnectionEnd(EndReason.Unreachable, $"No connection within {_options.ConnectTimeout.TotalSeconds:0} s."));
        }
    }

    private async Task<ConnectionEnd> WorkAsync(MachineSocket socket, bool isRecovery, CancellationToken stopping)
    {
        using var ending = new CancellationTokenSource();
        using var writing = CancellationTokenSource.CreateLinkedTokenSource(stopping, ending.Token);
        using var alarm = new Alarm(_signal, _time);
        var receiving = OutcomeAsync(socket.ReceiveAsync(Receive, ending.Token));
        var sending = OutcomeAsync(SendAsync(socket, isRecovery, alarm, writing.Token));
        var renewing = _token.RunAsync(writing.Token);
        var first = await Task.WhenAny(receiving, sending).ConfigureAwait(false);
        if (stopping.IsCancellationRequested)
        {
            await socket.CloseAsync(CloseTimeout).ConfigureAwait(false);
        }

        // What the service says by its close frame is worth more than that writing failed a moment before.
        if (first == sending && !stopping.IsCancellationRequested)
        {
            ending.CancelAfter(CloseTimeout);
            first = receiving;
            await receiving.ConfigureAwait(false);
        }

        await ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(receiving, sending).ConfigureAwait(false);
        await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return stopping.IsCancellationRequested ? Disposed : await first.ConfigureAwait(false);
    }

    private async Task<ConnectionEnd> SendAsync(MachineSocket socket, bool isRecovery, Alarm alarm, CancellationToken cancellationToken)
    {
        using var stopping = cancellationToken.UnsafeRegister(static signal => ((Signal)signal!).Set(), _signal);
        if (isRecovery)
        {
            // The service need not greet again, but it answers this.
            await socket.SendPingAsync(cancellationToken).ConfigureAwait(false);
        }

        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var now = Uptime;
            if (_sequenceAcks.Take(now) is > 0 and var sequenceId)
            {
                await socket.SendSequenceAckAsync(sequenceId, cancellationToken).ConfigureAwait(false);
            }

            if (_syncs.IsDue(now, _inbox.HasNews))
            {
                _syncs.Sent(now);
                _clock.Asked(SyncQuestion);
                await socket.SendSyncAsync(_sync(_inbox.Confirm()), cancellationToken).ConfigureAwait(false);
            }

            while (_outbox.TryTake(now, out var report))
            {
                var stamped = report.Event with { SentAt = _clock.Now, Offline = report.Offline };
                _clock.Asked(stamped.Id.Value);
                await socket.SendOrderAsync(stamped, cancellationToken).ConfigureAwait(false);
            }

            var due = _syncs.NextDue(now, _inbox.HasNews);
            due = _outbox.Expire(now) is { } expiry && expiry < due ? expiry : due;
            due = _sequenceAcks.NextDue(now) is { } acknowledge && acknowledge < due ? acknowledge : due;
            alarm.Set(now, due);
            await _signal.WaitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>On the reading loop: quick, and nothing of the caller's runs here.</summary>
    private void Receive(in ServerFrame frame)
    {
        Opened();
        if (_sequenceAcks.Received(frame.SequenceId, Uptime))
        {
            _signal.Set();
        }

        switch (frame.Kind)
        {
            case ServerFrameKind.Connected:
                _recovery.Greeted(frame.ConnectionId, frame.ReconnectionToken);
                break;
            case ServerFrameKind.Disconnected:
                Log.Farewell(_logger, _options.MachineId, Encoding.UTF8.GetString(frame.Data));
                break;
            case ServerFrameKind.Message when _recovery.IsNew(frame.SequenceId):
                Read(frame);
                break;
        }
    }

    private void Read(in ServerFrame frame)
    {
        try
        {
            Take(frame.Message());
        }
        catch (Exception e) when (e is JsonException or ProtobufException)
        {
            // A newer back end may say more than this version knows, and one odd message is no reason to drop the line.
            Log.Unreadable(_logger, _options.MachineId, e.Message);
        }
    }

    private void Take(ServerMessage? message)
    {
        switch (message)
        {
            case Receipt receipt:
                Take(receipt);
                break;
            case Decision decision:
                Take(decision, listed: false);
                break;
            case SyncAnswer answer:
                _syncs.Answered();
                _clock.Answered(SyncQuestion, answer.ServerTime);
                _inbox.Confirmed();
                _inbox.Listed(answer.Decisions);
                _resends.Answer(answer.Resend);

                // After one that finds no room, a later one of the same order must not be taken.
                _ = answer.Decisions.All(decision => Take(decision, listed: true) != Offered.Full);
                _signal.Set();
                break;
        }
    }

    private void Take(Receipt receipt)
    {
        _clock.Answered(receipt.Id, receipt.ServerTime);
        if (receipt.Status != ReceiptStatus.Accepted)
        {
            Log.NotAccepted(_logger, _options.MachineId, receipt.Id, receipt.Status, receipt.Error?.Name, receipt.Error?.Message);
        }

        if (_outbox.Receive(receipt, Uptime, _random.NextDouble() / 2))
        {
            _signal.Set();
        }
    }

    private Offered Take(Decision decision, bool listed)
    {
        var offered = _inbox.Offer(decision, listed);
        switch (offered)
        {
            case Offered.Gap:
                _syncs.Request();
                _signal.Set();
                break;
            case Offered.Repeated:
                _signal.Set();
                break;
            case Offered.Full:
                Log.InboxFull(_logger, _options.MachineId, decision.OrderId, decision.Version);
                break;
        }

        return offered;
    }

    /// <summary>Why the loop ended. Whatever it was, a machine in the field must try again rather than fall silent.</summary>
    private static async Task<ConnectionEnd> OutcomeAsync(Task<ConnectionEnd> loop)
    {
        try
        {
            return await loop.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            return new ConnectionEnd(EndReason.Dropped, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4011, LogLevel.Information, "The service closes the connection of machine {MachineId}: {Reason}")]
        internal static partial void Farewell(ILogger logger, MachineId machineId, string reason);

        [LoggerMessage(4012, LogLevel.Warning, "Machine {MachineId} got a message that it cannot read: {Detail}")]
        internal static partial void Unreadable(ILogger logger, MachineId machineId, string detail);

        [LoggerMessage(4013, LogLevel.Warning, "Event {EventId} of machine {MachineId} was not accepted ({Status}, {Error}): {Detail}")]
        internal static partial void NotAccepted(ILogger logger, MachineId machineId, string? eventId, ReceiptStatus status, string? error, string? detail);

        [LoggerMessage(4014, LogLevel.Warning, "Decision {Version} of order {OrderId} finds no room at machine {MachineId}; the back end will send it again.")]
        internal static partial void InboxFull(ILogger logger, MachineId machineId, OrderId orderId, int version);
    }
}
