using System.Collections.Immutable;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>A payment that was ordered back, is not known to be back, and was not given up.</summary>
/// <param name="DueSince">When it was decided.</param>
/// <param name="Failures">How often it failed so far; at <see cref="OrderOptions.RefundFailuresMax"/> a person takes over.</param>
/// <param name="LastFailureAt">When the newest failure arrived.</param>
public sealed record OutstandingRefund(RefundOrder Refund, DateTimeOffset DueSince, int Failures, DateTimeOffset? LastFailureAt)
{
    /// <summary>Those of an order, in the order of their decisions.</summary>
    public static ImmutableArray<OutstandingRefund> Of(Order order, OrderOptions options)
    {
        ArgumentNullException.ThrowIfNull(order);
        ArgumentNullException.ThrowIfNull(options);
        var facts = Facts.Of(order);
        var outstanding = ImmutableArray.CreateBuilder<OutstandingRefund>();
        foreach (var decision in order.Decisions)
        {
            if (decision.Refund is { } refund && facts.Find(refund.PaymentId) is { Returned: false } payment && payment.RefundFailures < options.RefundFailuresMax)
                outstanding.Add(new OutstandingRefund(refund, decision.DecidedAt, payment.RefundFailures, LastFailure(order, refund.PaymentId)));
        }

        return outstanding.ToImmutable();
    }

    private static DateTimeOffset? LastFailure(Order order, PaymentId paymentId)
    {
        DateTimeOffset? last = null;
        foreach (var envelope in order.Envelopes)
        {
            if (envelope.Event.Body is OrderEvent.RefundFailed failed && failed.PaymentId == paymentId && !(last > envelope.ReceivedAt))
                last = envelope.ReceivedAt;
        }

        return last;
    }
}
