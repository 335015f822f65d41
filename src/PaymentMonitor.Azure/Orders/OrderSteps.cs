using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>
/// Takes events of the log into the document of their order: reads it, works them, and writes it against what was read; again, if
/// somebody else wrote it meanwhile. Doing it twice with the same events changes nothing.
/// </summary>
public sealed partial class OrderSteps(CosmosOrders orders, OrderWorkflow workflow, IDeadLetters deadLetters, TimeProvider time, ILogger<OrderSteps> logger)
{
    /// <returns>The order as it was, and as it is saved now.</returns>
    /// <exception cref="TimeoutException">Others kept writing the order.</exception>
    public async Task<(Order Before, Order After)> TakeAsync(OrderKey key, IReadOnlyList<OrderStep> steps, int conflictsMax, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(steps);
        for (var conflicts = 0; conflicts < conflictsMax; conflicts++)
        {
            var loaded = await orders.LoadAsync(key, cancellationToken);
            var before = loaded.Order ?? new Order(key.MachineId, key.OrderId);
            var order = before;
            foreach (var step in steps)
            {
                order = await WorkAsync(order, step, cancellationToken);
            }

            // Repeats only move the clock of the order, and that alone is not worth a write.
            if (order == before with { Clock = order.Clock } || await orders.TrySaveAsync(loaded, order, cancellationToken))
            {
                return (before, order);
            }
        }

        throw new TimeoutException("Others kept writing the order.");
    }

    public async Task SetAsideAsync(OrderStep step, string reason, string? message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(step);
        Log.SetAside(logger, step.Position, reason, message);
        var letter = new DeadLetter(step.Position, reason, step.Event, message, step.MachineId, step.OrderId, step.Source, step.ReceivedAt, step.Replays);
        await deadLetters.SetAsideAsync(letter, cancellationToken);
    }

    /// <summary>One event that cannot be applied must not hold up the others: it is set aside before it is left out.</summary>
    private async Task<Order> WorkAsync(Order order, OrderStep step, CancellationToken cancellationToken)
    {
        try
        {
            var worked = workflow.Work(order, Envelope(step), time.GetUtcNow());
            if (worked.SetAside is { } reason)
            {
                await SetAsideAsync(step, reason, DeadLetterReasons.Explain(reason), cancellationToken);
            }

            return worked.Order;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException or NotSupportedException or ArithmeticException)
        {
            await SetAsideAsync(step, "not-applicable", e.Message, cancellationToken);
            return order;
        }
    }

    private Envelope Envelope(OrderStep step)
    {
        return EventJson.TryRead(step.Event.Span, out var reported, out var refusal)
            ? EventTime.Stamp(reported, step.Source, step.MachineId, step.ReceivedAt, workflow.Options)
            : throw new FormatException(refusal.Error.Message);
    }

    private static partial class Log
    {
        [LoggerMessage(5102, LogLevel.Error, "Set aside the event at {Position}: {Reason}. {Message}")]
        internal static partial void SetAside(ILogger logger, string position, string reason, string? message);
    }
}

/// <summary>An event of the log on its way into its order.</summary>
/// <param name="Position">Names its place in the log, in a dead letter too.</param>
/// <param name="Event">A reported event, as <see cref="EventJson"/> reads it.</param>
/// <param name="Replays">How often it was set aside and put back before.</param>
public record OrderStep(
    string Position, MachineId MachineId, OrderId OrderId, EventSource Source, DateTimeOffset ReceivedAt, ReadOnlyMemory<byte> Event, int Replays = 0);
