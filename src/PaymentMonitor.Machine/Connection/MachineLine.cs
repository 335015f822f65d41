using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// Holds one connection after the other between the outbox, the inbox and the back end. One loop reads and one writes; one timer
/// wakes the writer for whatever is due next (a sync, a delayed repetition), so that no event needs a timer of its own.
/// </summary>
internal sealed partial class MachineLine
{
    /// <summary>A token that expires sooner is not worth an attempt to connect.</summary>
    private static readonly TimeSpan TokenMargin = TimeSpan.FromMinutes(2);

    /// <summary>How long a farewell may take.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

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
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly HttpMessageInvoker _http;
    private readonly Negotiator _negotiator;
    private readonly Signal _signal = new();
    private readonly SyncSchedule _syncs;
    private readonly Resends _resends;
    private readonly long _started;
    private Session? _session;

    internal MachineLine(
        MachineClientOptions options, MachineOutbox outbox, DecisionInbox inbox, Func<IReadOnlyList<Confirmation>, SyncRequest> sync, TimeProvider time, Random random, ILogger logger)
    {
        _options = options;
        _outbox = outbox;
        _inbox = inbox;
        _sync = sync;
        _time = time;
        _random = random;
        _logger = logger;
        _http = options.Http ?? SharedHttp;
        _negotiator = new Negotiator(options, _http, time);
        _syncs = new SyncSchedule(options.SyncInterval, options.ConfirmDelay);
        _resends = new Resends(options, outbox, Wake, logger);
        _started = time.GetTimestamp();
    }

    internal TimeSpan ClockOffset => _session?.ClockOffset ?? TimeSpan.Zero;

    private TimeSpan Uptime => _time.GetElapsedTime(_started);

    /// <summary>There may be something to send.</summary>
    internal void Wake() => _signal.Set();

    /// <summary>Connects, and works until the connection ends.</summary>
    internal async Task<ConnectionEnd> HoldAsync(Action opened, CancellationToken stopping)
    {
        try
        {
            using var socket = await ConnectAsync(stopping).ConfigureAwait(false);
            _syncs.Connected();
            opened();
            var end = await WorkAsync(socket, stopping).ConfigureAwait(false);
            _outbox.Disconnected();
            _inbox.Disconnected();
            return end;
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

    private async Task<MachineSocket> ConnectAsync(CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(_options.ConnectTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, timeout.Token);
        try
        {
            if (_session is not { } session || session.ExpiresAt - (_time.GetUtcNow() + session.ClockOffset) < TokenMargin)
            {
                _session = session = await _negotiator.NegotiateAsync(either.Token).ConfigureAwait(false);
            }

            return await MachineSocket.ConnectAsync(session, _options.KeepAliveInterval, _http, either.Token).ConfigureAwait(false);
        }
        catch (ConnectFailedException e) when (e.End.Reason == EndReason.TokenRefused)
        {
            // A new negotiation tells whether the machine is refused, or only this token.
            _session = null;
            throw;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            throw new ConnectFailedException(new ConnectionEnd(EndReason.Unreachable, $"No connection within {_options.ConnectTimeout.TotalSeconds:0} s."));
        }
    }

    private async Task<ConnectionEnd> WorkAsync(MachineSocket socket, CancellationToken stopping)
    {
        using var ending = new CancellationTokenSource();
        using var writing = CancellationTokenSource.CreateLinkedTokenSource(stopping, ending.Token);
        using var alarm = new Alarm(_signal, _time);
        var receiving = OutcomeAsync(socket.ReceiveAsync(Receive, ending.Token));
        var sending = OutcomeAsync(SendAsync(socket, alarm, writing.Token));
        var first = await Task.WhenAny(receiving, sending).ConfigureAwait(false);
        if (stopping.IsCancellationRequested)
        {
            await socket.CloseAsync(CloseTimeout).ConfigureAwait(false);
        }

        await ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(receiving, sending).ConfigureAwait(false);
        return stopping.IsCancellationRequested ? Disposed : new ConnectionEnd(EndReason.Dropped, await first.ConfigureAwait(false));
    }

    private async Task<string> SendAsync(MachineSocket socket, Alarm alarm, CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = Uptime;
            if (_syncs.IsDue(now, _inbox.HasNews))
            {
                _syncs.Sent(now);
                await socket.SendSyncAsync(_sync(_inbox.Confirm()), cancellationToken).ConfigureAwait(false);
            }

            while (_outbox.TryTake(now, out var report))
            {
                var stamped = report.Event with { SentAt = _time.GetUtcNow(), Offline = report.Offline };
                await socket.SendOrderAsync(stamped, cancellationToken).ConfigureAwait(false);
            }

            var due = _syncs.NextDue(now, _inbox.HasNews);
            alarm.Set(now, _outbox.Expire(now) is { } expiry && expiry < due ? expiry : due);
            await _signal.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>On the reading loop: quick, and nothing of the caller's runs here.</summary>
    private void Receive(ReadOnlySpan<byte> bytes)
    {
        var frame = ServerFrame.Read(bytes);
        if (frame.Kind == ServerFrameKind.Disconnected)
        {
            Log.Farewell(_logger, _options.MachineId, Encoding.UTF8.GetString(frame.Data));
        }

        if (frame.Kind != ServerFrameKind.Message)
        {
            return;
        }

        try
        {
            Take(JsonSerializer.Deserialize(frame.Data, WireJson.Default.ServerMessage));
        }
        catch (JsonException e)
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
    private static async Task<string> OutcomeAsync(Task<string> loop)
    {
        try
        {
            return await loop.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            return e.Message;
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
