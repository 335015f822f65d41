using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using EventId = PaymentMonitor.Contracts.EventId;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Does at the payment provider what a saved order wants done there (<see cref="Order.Errands"/>), and appends what the provider says
/// to the log, like every other event. All of it may be done twice, by two hosts at once or after a crash: calls are idempotent, and
/// the ids of the events follow from the order and the answer, so that a repeat is a repeat.
/// <para>
/// A host calls <see cref="DoAsync"/> soon after an order with errands was saved. After the time that it answers, the host reads the
/// order again and, if it still has errands, hands it over again. So that nothing is forgotten, it does the same with all stored orders
/// that have errands, at its start and from time to time. An older version of an order does no harm.
/// </para>
/// </summary>
public sealed partial class ProviderDesk
{
    private static readonly TimeSpan LeftAlone = TimeSpan.FromHours(1);

    private readonly PaymentProviderClient _provider;
    private readonly PaymentProviderOptions _options;
    private readonly OrderOptions _rules;
    private readonly IEventLog _log;
    private readonly TimeProvider _time;
    private readonly ILogger<ProviderDesk> _logger;
    private readonly Counter<long> _errands;
    private int _isDown;

    internal ProviderDesk(
        PaymentProviderClient provider, PaymentProviderOptions options, OrderOptions rules, IEventLog log, TimeProvider time, IMeterFactory meters, ILogger<ProviderDesk> logger)
    {
        _provider = provider;
        _options = options;
        _rules = rules;
        _log = log;
        _time = time;
        _logger = logger;
        _errands = meters.Create(Telemetry.Meter).CreateCounter<long>("paymentmonitor.provider.errands", "{errand}", "Errands at the payment provider, by kind and outcome.");
    }

    /// <summary>Tries each errand of the order once. Throws only what the host cancels.</summary>
    /// <param name="attempts">How often the order's errands were tried before without being done, from 0.</param>
    /// <returns>How long to wait before the order is looked at again.</returns>
    public async ValueTask<TimeSpan> DoAsync(Order order, int attempts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(order);
        if (_time.GetUtcNow() - order.Clock > _options.LeavesAfter)
        {
            return LeftAlone;
        }

        TimeSpan? wait = null;
        if ((order.Errands & ~ProviderErrands.Refund) is not ProviderErrands.None and var question)
        {
            wait = await TryAsync(order, question, attempts, () => AskAsync(order, question, cancellationToken), cancellationToken);
        }

        if (order.Errands.HasFlag(ProviderErrands.Refund) && _options.MakesRefunds)
        {
            foreach (var outstanding in OutstandingRefund.Of(order, _rules))
            {
                wait = Sooner(wait, await TryAsync(order, ProviderErrands.Refund, attempts, () => RefundAsync(order, outstanding, cancellationToken), cancellationToken));
            }
        }

        return wait ?? LeftAlone;
    }

    // One failed errand says nothing about the next one of the same order.
    private async ValueTask<TimeSpan> TryAsync(Order order, ProviderErrands errand, int attempts, Func<ValueTask<Result>> errandAsync, CancellationToken cancellationToken)
    {
        var backoff = ErrandBackoff.After(errand, attempts, Random.Shared.NextDouble());
        Result result;
        try
        {
            result = await errandAsync();
            if (result.Outcome is not null)
            {
                NoteReached();
            }
        }
        catch (ProviderException e)
        {
            LogFailure(order, errand, e);
            result = new Result(e.IsInvalid ? "invalid" : "unavailable", e.RetryAfter > backoff ? e.RetryAfter : backoff);
        }
        catch (LogUnavailableException e)
        {
            result = new Result("not-logged", e.RetryAfter > backoff ? e.RetryAfter : backoff);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (result.Outcome is not null)
        {
            _errands.Add(1, new("errand", ProviderErrandNames.Of(errand).First()), new("outcome", result.Outcome));
        }

        return result.Wait ?? backoff;
    }

    private async ValueTask<Result> AskAsync(Order order, ProviderErrands question, CancellationToken cancellationToken)
    {
        var terms = (OrderEvent.Created)order.Envelopes.First(envelope => envelope.Event.Body is OrderEvent.Created).Event.Body;
        if (terms.PaymentRef is not { } reference)
        {
            return new Result("no-reference");
        }

        // Whatever the provider's clock says, its answer is younger than the question and than all that the order knows.
        var asked = Later(_time.GetUtcNow(), order.Clock);
        var state = question.HasFlag(ProviderErrands.Claim)
            ? await _provider.QueryAsync(reference, cancellationToken)
            : await _provider.CloseAsync(reference, cancellationToken);
        switch (state.Status)
        {
            case PaymentStates.Pending:
                return new Result(PaymentStates.Pending);
            case PaymentStates.Paid:
                await AppendPaymentsAsync(order, state, cancellationToken);
                return new Result(PaymentStates.Paid);
            case PaymentStates.Unpaid when question.HasFlag(ProviderErrands.Claim) && IsFresh(order, asked):
                return new Result(PaymentStates.Unpaid);
            default:
                var result = question.HasFlag(ProviderErrands.Close) ? state.Status : OrderEvent.PaymentChecked.Unpaid;
                await AppendAsync(order, $"asked/{result}/{order.Envelopes.Length}", new OrderEvent.PaymentChecked(result), asked, cancellationToken);
                return new Result(state.Status);
        }
    }

    // A provider's books may be behind its app, which is what the customer and the machine go by.
    private bool IsFresh(Order order, DateTimeOffset asked)
    {
        var claim = order.Envelopes.Last(envelope => envelope.Event.Body is OrderEvent.PaymentSucceeded);
        return asked - claim.ReceivedAt < _options.ShowsPaymentsWithin;
    }

    private async ValueTask AppendPaymentsAsync(Order order, PaymentState state, CancellationToken cancellationToken)
    {
        foreach (var payment in state.Taken)
        {
            await AppendAsync(order, $"asked/paid/{payment.PaymentId}", new OrderEvent.PaymentSucceeded(payment.PaymentId, payment.Amount, payment.Currency), payment.Time, cancellationToken);
            if (payment.Status == "refunded")
            {
                await AppendAsync(order, $"refunds/completed/{payment.PaymentId}", new OrderEvent.RefundCompleted(payment.PaymentId), _time.GetUtcNow(), cancellationToken);
            }
        }
    }

    private async ValueTask<Result> RefundAsync(Order order, OutstandingRefund outstanding, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        if (outstanding.LastFailureAt + ErrandBackoff.AfterFailure(outstanding.Failures) - now is { } left && left > TimeSpan.Zero)
        {
            return new Result(null, left);
        }

        var refund = outstanding.Refund;
        var reference = order.Envelopes.Select(envelope => envelope.Event.Body).OfType<OrderEvent.Created>().FirstOrDefault()?.PaymentRef;
        var state = await _provider.RefundAsync(refund, reference, cancellationToken);
        switch (state.Status)
        {
            case RefundState.Completed:
                await AppendAsync(order, $"refunds/completed/{refund.PaymentId}", new OrderEvent.RefundCompleted(refund.PaymentId), state.Time ?? now, cancellationToken);
                return new Result(RefundState.Completed);
            case RefundState.Failed:
                var reason = state.Reason ?? "the provider gives no reason";
                Log.RefundFailed(_logger, refund.RefundId, outstanding.Failures + 1, reason);
                await AppendAsync(order, $"refunds/failed/{refund.PaymentId}/{outstanding.Failures + 1}", new OrderEvent.RefundFailed(refund.PaymentId, reason), now, cancellationToken);
                return new Result(RefundState.Failed, ErrandBackoff.AfterFailure(outstanding.Failures + 1));
            default:
                return new Result(RefundState.Pending);
        }
    }

    private ValueTask AppendAsync(Order order, string id, OrderEvent body, DateTimeOffset time, CancellationToken cancellationToken)
    {
        var fact = new ReportedEvent(EventId.Parse(id), order.OrderId, body, time.ToUniversalTime());
        return _log.AppendAsync(new Report(order.MachineId, EventSource.Provider, fact, EventJson.ToBytes(fact)), cancellationToken);
    }

    private void LogFailure(Order order, ProviderErrands errand, ProviderException e)
    {
        var name = ProviderErrandNames.Of(errand).First();
        if (e.IsInvalid)
        {
            Log.Invalid(_logger, name, order.MachineId, order.OrderId, e.Message);
        }
        else if (Interlocked.Exchange(ref _isDown, 1) == 0)
        {
            Log.Unavailable(_logger, name, order.MachineId, order.OrderId, e.Message);
        }
    }

    // An outage is told once, not for each order.
    private void NoteReached()
    {
        if (Volatile.Read(ref _isDown) == 1 && Interlocked.Exchange(ref _isDown, 0) == 1)
        {
            Log.Reached(_logger);
        }
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a >= b ? a : b;

    private static TimeSpan? Sooner(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b : a;

    /// <param name="Outcome">For the metrics; null where nothing was tried.</param>
    /// <param name="Wait">How long until it is tried again, at least; the usual backoff if null.</param>
    private readonly record struct Result(string? Outcome, TimeSpan? Wait = null);

    private static partial class Log
    {
        [LoggerMessage(EventId = 6000, Level = LogLevel.Warning, Message = "The payment provider does not answer, for the first time at the errand {Errand} of order {Machine}/{Order}: {Detail}. Orders wait and are tried again")]
        internal static partial void Unavailable(ILogger logger, string errand, MachineId machine, OrderId order, string detail);

        [LoggerMessage(EventId = 6001, Level = LogLevel.Warning, Message = "The payment provider's answer to the errand {Errand} of order {Machine}/{Order} cannot be used: {Detail}")]
        internal static partial void Invalid(ILogger logger, string errand, MachineId machine, OrderId order, string detail);

        [LoggerMessage(EventId = 6003, Level = LogLevel.Information, Message = "The payment provider answers again")]
        internal static partial void Reached(ILogger logger);

        [LoggerMessage(EventId = 6002, Level = LogLevel.Warning, Message = "Refund {RefundId} failed, attempt {Attempt}: {Reason}")]
        internal static partial void RefundFailed(ILogger logger, string refundId, int attempt, string reason);
    }
}
