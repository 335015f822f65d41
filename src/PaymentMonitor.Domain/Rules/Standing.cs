using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>R9: where the order stands; the first line that matches.</summary>
internal static class Standing
{
    public static OrderStatus Of(Ruling ruling)
    {
        var status = ByRules(ruling);
        return status is OrderStatus.Unresolved && Outcome(ruling) is { } outcome ? outcome : status;
    }

    /// <summary>The rules alone would have the order wait for a person, and a person has spoken.</summary>
    public static bool IsEndedByOperator(Ruling ruling) => Outcome(ruling) is not null && ByRules(ruling) is OrderStatus.Unresolved;

    private static OrderStatus ByRules(Ruling ruling)
    {
        var facts = ruling.Facts;
        var isAllowed = ruling.Allow is not null;
        var isEnded = isAllowed || ruling.Close is not null;
        var money = Money.Of(ruling);

        if (facts.DecisionsLost)
            return OrderStatus.Unresolved;

        if (ruling.Complete is not null)
            return OrderStatus.Completed;

        if (facts.Out && (isEnded || money.RefundDue || facts.Over.HasFlag(RecordedWindows.Creation)))
            return OrderStatus.Unresolved;

        if (isAllowed && Kept.Of(ruling) is not null)
            return facts.Over.HasFlag(RecordedWindows.Shipment) ? OrderStatus.Unresolved : OrderStatus.ShipmentAllowed;

        if (money.RefundDue && (isEnded || facts.Jam || facts.Created is null))
            return Refunding(ruling, money);

        if (facts.Created is null && facts.Over.HasFlag(RecordedWindows.Creation))
            return OrderStatus.Unresolved;

        if (isEnded)
            return Ended(ruling, money);

        return Open(ruling, money);
    }

    private static OrderStatus Refunding(Ruling ruling, Money money)
    {
        if (!money.RefundUnanswered && !money.Free)
            return OrderStatus.Refunded;

        var isStuck = ruling.Facts.Over.HasFlag(RecordedWindows.Refund) || money.RefundGivenUp || ruling.Facts.Created is null;
        return isStuck ? OrderStatus.Unresolved : OrderStatus.RefundDue;
    }

    // Allowed or closed, and nothing was ordered back.
    private static OrderStatus Ended(Ruling ruling, Money money)
    {
        if (money.Free)
            return OrderStatus.RefundDue;

        if (ruling.Facts.HasUnknownReturn || ruling.Allow is not null)
            return OrderStatus.Unresolved;

        return ruling.Facts.Payments.Length > 0 ? OrderStatus.Refunded : OrderStatus.Closed;
    }

    private static OrderStatus Open(Ruling ruling, Money money)
    {
        var facts = ruling.Facts;
        if (money.Good || (facts.Created is null && money.Free))
            return OrderStatus.Paid;

        if (facts.Over.HasFlag(RecordedWindows.Provider))
            return OrderStatus.Unresolved;

        return facts.HasClaim || facts.IsPaying ? OrderStatus.Paying : OrderStatus.Created;
    }

    // An operator's word ends the order until money or goods are heard of again, or the rules decide something more.
    private static OrderStatus? Outcome(Ruling ruling)
    {
        if (ruling.Facts.Resolution is not { } resolution || ruling.Facts.LastSubstance > resolution.ReceivedAt)
            return null;

        if (ruling.Decisions is [.., var last] && last.DecidedAt > resolution.ReceivedAt)
            return null;

        return ((OrderEvent.Resolved)resolution.Event.Body).Outcome switch
        {
            Resolutions.Completed => OrderStatus.Completed,
            Resolutions.Refunded => OrderStatus.Refunded,
            _ => OrderStatus.Closed,
        };
    }

    /// <summary>The payments of an order, summed up for the questions above.</summary>
    private readonly record struct Money(bool Free, bool Good, bool RefundDue, bool RefundUnanswered, bool RefundGivenUp)
    {
        public static Money Of(Ruling ruling)
        {
            var (free, good, due, unanswered, givenUp) = (false, false, false, false, false);
            foreach (var payment in ruling.Facts.Payments)
            {
                var isUnanswered = payment is { RefundDueAt: not null, Returned: false };
                free |= payment.IsFree;
                good |= payment.IsGood;
                due |= payment.RefundDueAt is not null;
                unanswered |= isUnanswered;
                givenUp |= isUnanswered && payment.RefundFailures >= ruling.Options.RefundFailuresMax;
            }

            return new Money(free, good, due, unanswered, givenUp);
        }
    }
}
