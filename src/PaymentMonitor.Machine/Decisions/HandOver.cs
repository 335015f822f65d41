using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// Hands decisions to the machine's program: each once, and only after that is on the disk. What an earlier process was in the
/// middle of comes once more and says so; a permission that came too late is not handed over but reported; a second shipment of an
/// order is never started.
/// </summary>
internal sealed partial class HandOver
{
    /// <summary>A journal that cannot be written is tried this often; nothing is handed over meanwhile.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>How wrong the clock may have been when damage was found: a sensor is asked once too often rather than once too seldom.</summary>
    private static readonly TimeSpan ClockDoubt = TimeSpan.FromMinutes(1);

    private readonly MachineJournal _journal;
    private readonly MachineLedger _ledger;
    private readonly DecisionQueue _queue;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private List<OpenDecision>? _held;

    internal HandOver(MachineJournal journal, MachineLedger ledger, DecisionQueue queue, TimeProvider time, ILogger logger)
    {
        _journal = journal;
        _ledger = ledger;
        _queue = queue;
        _time = time;
        _logger = logger;
        lock (ledger.Lock)
        {
            foreach (var order in ledger.Orders.Values)
            {
                Recover_NeedsLock(order);
            }
        }
    }

    /// <summary>The back end's clock is known, so what an earlier process took but did not hand over can be judged.</summary>
    internal void ClockKnown()
    {
        if (Interlocked.Exchange(ref _held, null) is { } held)
        {
            held.ForEach(_queue.Add);
        }
    }

    /// <param name="now">The back end's clock.</param>
    /// <param name="expire">Reports that a permission came too late.</param>
    internal async IAsyncEnumerable<MachineDecision> ReadAsync(
        Func<DateTimeOffset> now, Func<Decision, CancellationToken, Task> expire, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await _queue.TakeAsync(cancellationToken).ConfigureAwait(false) is { } open)
        {
            if (await BeginAsync(open, now(), expire, cancellationToken).ConfigureAwait(false) is not { } decision)
            {
                continue;
            }

            using (Trace(decision))
            {
                yield return decision;
            }

            Finished(open);
        }
    }

    private async Task<MachineDecision?> BeginAsync(
        OpenDecision open, DateTimeOffset now, Func<Decision, CancellationToken, Task> expire, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    return await TryBeginAsync(open, now, expire, cancellationToken).ConfigureAwait(false);
                }
                catch (ReportRefusedException e)
                {
                    Log.NotHandedOver(_logger, open.Decision.Version, open.Order.OrderId, e.Message);
                }

                var began = _time.GetTimestamp();
                await Task.Delay(RetryDelay, _time, cancellationToken).ConfigureAwait(false);
                now += _time.GetElapsedTime(began);
            }
        }
        catch
        {
            _queue.Return(open);
            throw;
        }
    }

    /// <returns>Null where there is nothing to hand over.</returns>
    private async Task<MachineDecision?> TryBeginAsync(
        OpenDecision open, DateTimeOffset now, Func<Decision, CancellationToken, Task> expire, CancellationToken cancellationToken)
    {
        var decision = open.Decision;
        var uncertain = open.WasHandedOver || IsBeforeDamage(decision, now);
        switch (Judge(open, uncertain, now, out var started))
        {
            case Course.Expire:
                Log.Expired(_logger, decision.OrderId, decision.ValidUntil);
                await expire(decision, cancellationToken).ConfigureAwait(false);
                return null;
            case Course.HandOver:
                await started.WaitAsync(cancellationToken).ConfigureAwait(false);
                MachineMetrics.Decisions.Add(1, new("kind", decision.Kind), new("uncertain", uncertain));
                return new MachineDecision(decision, uncertain);
            default:
                return null;
        }
    }

    /// <param name="started">Ends when the start is on the disk.</param>
    private Course Judge(OpenDecision open, bool uncertain, DateTimeOffset now, out Task started)
    {
        started = Task.CompletedTask;
        lock (_ledger.Lock)
        {
            var order = open.Order;
            if (!order.Open.Contains(open))
            {
                return Course.Nothing;
            }

            if (open.IsShipment && order.Marks.Shipped && !open.IsStartedAhead && !open.WasHandedOver)
            {
                Log.SecondShipment(_logger, order.OrderId, open.Decision.Version);
                End_NeedsLock(open);
                return Course.Nothing;
            }

            if (open.IsShipment && !uncertain && open.Decision.ValidUntil < now)
            {
                return Course.Expire;
            }

            if (!open.IsStartedAhead && !open.WasHandedOver)
            {
                order.Start(open);
                open.IsStartedAhead = true;
                started = _journal.Writer.Order(_ledger.MachineId, order.OrderId, order.Marks, awaited: true);
            }

            return Course.HandOver;
        }
    }

    /// <summary>The program came back for more. A shipment is done when it was reported, for it may take its time beside other orders.</summary>
    private void Finished(OpenDecision open)
    {
        lock (_ledger.Lock)
        {
            if (!open.IsShipment && open.Order.Open.Contains(open))
            {
                End_NeedsLock(open);
            }
        }
    }

    private void End_NeedsLock(OpenDecision open)
    {
        open.Order.End(open);
        _journal.Freed(open.Bytes);
        _journal.Writer.Order(_ledger.MachineId, open.Order.OrderId, open.Order.Marks, awaited: false);
    }

    /// <summary>Whether it was handed over may be just what the damage took.</summary>
    private bool IsBeforeDamage(Decision decision, DateTimeOffset now)
    {
        return _journal.Recovery.DamagedAt is { } damaged && decision.DecidedAt < damaged + (now - _time.GetUtcNow()) + ClockDoubt;
    }

    private void Recover_NeedsLock(OrderProgress order)
    {
        foreach (var open in order.Open)
        {
            open.IsStartedAhead = false;
            open.WasHandedOver = order.Marks.HasStarted(open.Decision.Version);
            if (_held is [.., { } last] && last.Order == order || (open.IsShipment && !open.WasHandedOver))
            {
                (_held ??= []).Add(open);
            }
            else
            {
                _queue.Add(open);
            }
        }
    }

    private static Activity? Trace(MachineDecision decision)
    {
        var activity = MachineMetrics.Activities.StartActivity("act on decision", ActivityKind.Consumer, decision.Decision.Trace);
        activity?.SetTag("paymentmonitor.order", decision.OrderId.Value).SetTag("paymentmonitor.decision", decision.Kind);
        return activity;
    }

    private enum Course
    {
        Nothing,
        Expire,
        HandOver,
    }

    private static partial class Log
    {
        [LoggerMessage(7110, LogLevel.Warning, "The permission for order {OrderId} was valid until {ValidUntil}, which is over: nothing is shipped, and that is reported.")]
        internal static partial void Expired(ILogger logger, OrderId orderId, DateTimeOffset? validUntil);

        [LoggerMessage(7111, LogLevel.Error, "Decision {Version} permits a second shipment of order {OrderId}; it is not handed over.")]
        internal static partial void SecondShipment(ILogger logger, OrderId orderId, int version);

        [LoggerMessage(7112, LogLevel.Error, "Decision {Version} of order {OrderId} cannot be handed over yet: {Detail}")]
        internal static partial void NotHandedOver(ILogger logger, int version, OrderId orderId, string detail);
    }
}
