using System.Runtime.InteropServices;
using Microsoft.Azure.Cosmos;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Entities;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Azure;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>
/// Lock, inbox and alarm of one order. The truth is the order's document; this only sees to it that one at a time works on it,
/// that what could not be saved is saved later, and that the order is woken. An operation never throws, because one that does
/// loses its input and its signals, and nothing tries it again.
/// </summary>
public sealed partial class OrderEntity(
    OrderSteps steps,
    OrderEnrichment enrichment,
    DecisionPush push,
    IEventLog log,
    OrderEntityOptions options,
    TimeProvider time,
    ILogger<OrderEntity> logger) : TaskEntity<OrderInbox>
{
    [Function(nameof(OrderEntity))]
    public static Task DispatchAsync([EntityTrigger] TaskEntityDispatcher dispatcher)
    {
        ArgumentNullException.ThrowIfNull(dispatcher);
        return dispatcher.DispatchAsync<OrderEntity>();
    }

    /// <summary>Takes events in and saves what follows from them, behind those that wait already.</summary>
    public async Task Apply(OrderBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        State = State with { Events = [.. State.Events, .. batch.Events] };
        var drainIsComing = State.RetryAt > time.GetUtcNow() && State.Events.Count <= options.EventsMax;
        if (!drainIsComing)
        {
            await SaveAsync();
        }

        ForgetIfIdle();
    }

    /// <summary>Tries again to save what waits.</summary>
    public async Task Drain(Retry retry)
    {
        if (State.Events.Count > 0 && State.Attempts == retry.Attempts)
        {
            await SaveAsync();
        }

        ForgetIfIdle();
    }

    /// <summary>
    /// Appends a wake to the log, behind everything received before it. A timer decides nothing: the wake takes effect when it is
    /// consumed, so a backlog cannot close an order whose payment waits in it.
    /// </summary>
    public async Task Wake(Alarm alarm)
    {
        ArgumentNullException.ThrowIfNull(alarm);
        if (State.Due == alarm.Due)
        {
            await AppendWakeAsync(alarm);
        }

        ForgetIfIdle();
    }

    internal static EntityInstanceId IdOf(LoggedEvent logged) => new(nameof(OrderEntity), $"{logged.MachineId}:{logged.OrderId}");

    protected override OrderInbox InitializeState(TaskEntityOperation entityOperation) => OrderInbox.Empty;

    private OrderKey Key()
    {
        var parts = Context.Id.Key.Split(':');
        return new OrderKey(MachineId.Parse(parts[0]), OrderId.Parse(parts[1]));
    }

    private async Task SaveAsync()
    {
        try
        {
            using var attempt = new CancellationTokenSource(options.AttemptTimeout, time);
            var (versionBefore, order) = await ApplyToDocumentAsync(Key(), attempt.Token);
            State = State with { Events = [], Attempts = 0, RetryAt = null };
            SetAlarm(order.Due);
            await PushAsync(order, versionBefore);
        }
        catch (Exception e)
        {
            await PostponeAsync(e);
        }
    }

    private async Task<(int VersionBefore, Order Order)> ApplyToDocumentAsync(OrderKey key, CancellationToken cancellationToken)
    {
        await enrichment.PrepareAsync(cancellationToken);
        var (before, order) = await steps.TakeAsync(key, [.. State.Events.Select(Step)], options.ConflictsMax, cancellationToken);
        await enrichment.FollowAsync(before, order, cancellationToken);
        return (before.Version, order);
    }

    private OrderStep Step(LoggedEvent logged) => new(
        $"{Context.Id.Key}-{logged.Position}", logged.MachineId, logged.OrderId, logged.Source, logged.ReceivedAt, JsonMarshal.GetRawUtf8Value(logged.Event).ToArray(), logged.Replays);

    private void SetAlarm(DateTimeOffset? due)
    {
        if (due is { } at && at != State.Due)
        {
            // A signal cannot be taken back; an older one finds that another time is set, and does nothing.
            Context.SignalEntity(Context.Id, nameof(Wake), new Alarm(at), new SignalEntityOptions { SignalTime = at });
        }

        State = State with { Due = due };
    }

    private async Task AppendWakeAsync(Alarm alarm)
    {
        var now = time.GetUtcNow();
        if (now < alarm.Due)
        {
            // Whoever keeps the alarms has a clock of its own.
            Context.SignalEntity(Context.Id, nameof(Wake), alarm, new SignalEntityOptions { SignalTime = alarm.Due });
            return;
        }

        try
        {
            using var attempt = new CancellationTokenSource(options.AttemptTimeout, time);
            await log.AppendAsync(OrderWake.Of(Key(), alarm.Due, now), attempt.Token);
            State = State with { Due = null };
        }
        catch (Exception e)
        {
            Log.WakeNotAppended(logger, Context.Id.Key, e);
            Context.SignalEntity(Context.Id, nameof(Wake), alarm, new SignalEntityOptions { SignalTime = now + options.DelayMax });
        }
    }

    /// <summary>At once, and best effort: the change feed and the machine's next sync are the guarantee.</summary>
    private async Task PushAsync(Order order, int afterVersion)
    {
        try
        {
            using var attempt = new CancellationTokenSource(options.AttemptTimeout, time);
            await push.SendAsync(order, afterVersion, attempt.Token);
        }
        catch (Exception e)
        {
            Log.NotPushed(logger, Context.Id.Key, e);
        }
    }

    private async Task PostponeAsync(Exception e)
    {
        var attempts = State.Attempts + 1;
        Log.NotSaved(logger, Context.Id.Key, State.Events.Count, attempts, e);
        if ((attempts >= options.AttemptsMax || State.Events.Count > options.EventsMax) && await TrySetAllAsideAsync(e))
        {
            State = State with { Events = [], Attempts = 0, RetryAt = null };
            return;
        }

        var wait = options.Delay(attempts);
        var asked = (e as CosmosException)?.RetryAfter ?? TimeSpan.Zero;
        State = State with { Attempts = attempts, RetryAt = time.GetUtcNow() + (wait > asked ? wait : asked) };
        Context.SignalEntity(Context.Id, nameof(Drain), new Retry(attempts), new SignalEntityOptions { SignalTime = State.RetryAt });
    }

    private async Task<bool> TrySetAllAsideAsync(Exception e)
    {
        try
        {
            using var attempt = new CancellationTokenSource(options.AttemptTimeout, time);
            foreach (var logged in State.Events)
            {
                await steps.SetAsideAsync(Step(logged), "not-saved", e.Message, attempt.Token);
            }

            return true;
        }
        catch (Exception inner)
        {
            Log.NotSetAside(logger, Context.Id.Key, inner);
            return false;
        }
    }

    private void ForgetIfIdle()
    {
        if (State is { Events.Count: 0, Due: null })
        {
            State = null!;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5101, LogLevel.Warning, "Order {Order}: {Count} events could not be saved, attempt {Attempt}.")]
        internal static partial void NotSaved(ILogger logger, string order, int count, int attempt, Exception exception);

        [LoggerMessage(5103, LogLevel.Error, "Order {Order}: its events could not be set aside and go on waiting.")]
        internal static partial void NotSetAside(ILogger logger, string order, Exception exception);

        [LoggerMessage(5104, LogLevel.Warning, "Order {Order}: a wake could not be appended to the log.")]
        internal static partial void WakeNotAppended(ILogger logger, string order, Exception exception);

        [LoggerMessage(5105, LogLevel.Information, "Order {Order}: decisions could not be pushed; the machine hears of them later.")]
        internal static partial void NotPushed(ILogger logger, string order, Exception exception);
    }
}
