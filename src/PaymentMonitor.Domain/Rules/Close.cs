using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>R5: an order ends without goods only while nothing was allowed, closed or completed, and never before its time.</summary>
internal static class Close
{
    // The clock of the log ticks in milliseconds: the first moment that is strictly later.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    public static void Decide(Ruling ruling)
    {
        if (ruling.Facts.Created is null || !ruling.IsOpen)
            return;

        // Woken for the asking alone: the close waits for the answer.
        if (ProviderAskedFrom(ruling) is { } from)
            ruling.Reaches(from);

        var cause = Earliest(ShipmentFailed(ruling), Stale(ruling));
        if (Allow.EarliestGood(ruling.Facts) is null)
            cause = Earliest(Earliest(Earliest(cause, Expired(ruling)), Cancelled(ruling)), Underpaid(ruling));

        // What was asked for late is answered late, and shall still be in time.
        if (cause is { } due && ruling.Reaches(due.At + ruling.Facts.Lag))
            ruling.Decide(DecisionKinds.TradeClosed, due.Reason);
    }

    /// <summary>
    /// From when the provider is asked whether an order of its channel, of which no payment is known, was paid after all; null
    /// where its word is not needed.
    /// </summary>
    public static DateTimeOffset? ProviderAskedFrom(Ruling ruling)
    {
        var facts = ruling.Facts;
        if (facts.Terms is null || !ruling.IsOpen || Sources.MachineControls(facts.Terms.Channel))
            return null;

        return facts.Payments.Length == 0 && !facts.UnpaidByProvider ? ExpiredAt(ruling) : null;
    }

    private static Cause? ShipmentFailed(Ruling ruling)
    {
        return ruling.Facts.Jam ? new Cause(Reasons.ShipmentFailed, ruling.Facts.ShipmentFailedAt!.Value + ruling.Options.AllowedLateness) : null;
    }

    private static Cause? Stale(Ruling ruling)
    {
        var facts = ruling.Facts;
        if (facts.Out || facts.Jam)
            return null;

        Cause? stale = null;
        var tooLate = facts.Deadline + ruling.Options.StaleAfterDeadline + Tick;
        foreach (var payment in facts.Payments)
        {
            if (payment.IsGood)
                stale = Earliest(stale, new Cause(Reasons.Stale, Later(tooLate, payment.Arrival + ruling.Options.AllowedLateness)));
        }

        return stale;
    }

    private static Cause? Expired(Ruling ruling)
    {
        return ProviderAskedFrom(ruling) is null ? new Cause(Reasons.Expired, ExpiredAt(ruling)) : null;
    }

    private static Cause? Cancelled(Ruling ruling)
    {
        return ruling.Facts.EarliestCancel is { } cancel
            ? new Cause(Reasons.Cancelled, cancel.ReceivedAt + ruling.Options.AllowedLateness)
            : null;
    }

    private static Cause? Underpaid(Ruling ruling)
    {
        Cause? underpaid = null;
        foreach (var payment in ruling.Facts.Payments)
        {
            if (payment is { IsFree: true, IsFull: false })
                underpaid = Earliest(underpaid, new Cause(Reasons.Underpaid, payment.Arrival + ruling.Options.AllowedLateness));
        }

        return underpaid;
    }

    private static DateTimeOffset ExpiredAt(Ruling ruling)
    {
        return Later(ruling.Facts.Deadline, ruling.Facts.Created!.ReceivedAt) + ruling.Options.AllowedLateness;
    }

    // Of two causes the one whose time comes first; of the same time the one that stands first in the rule.
    private static Cause? Earliest(Cause? a, Cause? b) => a is null || b?.At < a.Value.At ? b : a;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a >= b ? a : b;

    private readonly record struct Cause(string Reason, DateTimeOffset At);
}
