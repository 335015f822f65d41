using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Ends an order that waits for a person, by that person's word. Who, when and why stand in the event itself, which stays in the
/// log and in the order: there is no other record to keep in step.
/// </summary>
public sealed class OrderResolution(IOrders orders, IEventLog log, TimeProvider time)
{
    public const int MaxText = 256;

    public static IReadOnlyList<string> Outcomes { get; } = [Resolutions.Completed, Resolutions.Closed, Resolutions.Refunded];

    /// <param name="by">Who says so; at most <see cref="MaxText"/> characters of it are kept.</param>
    /// <exception cref="LogUnavailableException">It is not taken down; try again later.</exception>
    public async Task<ResolutionAnswer> ResolveAsync(OrderKey key, string? outcome, string? reason, string by, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(by);
        if (outcome is null || !Outcomes.Contains(outcome))
        {
            return Refuse(SetAsideReasons.UnknownOutcome, $"The outcome must be one of {string.Join(", ", Outcomes)}.");
        }

        if (string.IsNullOrWhiteSpace(reason) || reason.Length > MaxText)
        {
            return Refuse("no-reason", $"A reason of 1 to {MaxText} characters is needed: it is what others will know of this.");
        }

        if (await orders.ReadAsync(key, cancellationToken) is not { } order)
        {
            return Refuse("unknown-order", $"The machine '{key.MachineId}' has no order '{key.OrderId}'.");
        }

        if (order.Status is not OrderStatus.Unresolved)
        {
            return Refuse(SetAsideReasons.NotUnresolved, $"The order is {order.Status} and waits for nobody; only an unresolved order is ended by hand.");
        }

        // Of two that end it at once, under the same id, the first counts and the second is a repeat.
        var earlier = order.Envelopes.Count(envelope => envelope.Event.Body is OrderEvent.Resolved);
        var resolved = new ReportedEvent(
            EventId.Parse($"{key.OrderId}/resolved/{earlier + 1}"),
            key.OrderId,
            new OrderEvent.Resolved(outcome, by.Length <= MaxText ? by : by[..MaxText], reason),
            time.GetUtcNow());
        await log.AppendAsync(new Report(key.MachineId, EventSource.System, resolved, EventJson.ToBytes(resolved)), cancellationToken);
        return new ResolutionAnswer(await orders.ReadAsync(key, cancellationToken) ?? order, null);
    }

    private static ResolutionAnswer Refuse(string name, string message) => new(null, new NamedError(name, message));
}

/// <param name="Order">The order, once the word is durable. Where orders are worked behind the log it is shown as ended a moment later.</param>
/// <param name="Error">Set instead, where the order was not ended.</param>
public sealed record ResolutionAnswer(Order? Order, NamedError? Error);
