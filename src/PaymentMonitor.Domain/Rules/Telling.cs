using System.Collections.Immutable;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>What people and business systems are told of an application of the rules: notices, appended, and flags.</summary>
internal static class Telling
{
    public static ImmutableArray<Notice> NoticesOf(Ruling ruling, OrderStatus status)
    {
        var news = new News(ruling);
        if (ruling.Facts.Created is not null)
            news.TellOnce(NoticeTypes.OrderCreated);

        if ((ruling.Complete is null ? Allow.EarliestGood(ruling.Facts)?.Id : ruling.CompletedPayment) is { } paid)
            news.TellOnce(NoticeTypes.OrderPaid, paid);

        for (var i = ruling.Before.Decisions.Length; i < ruling.Decisions.Length; i++)
            news.Tell(ruling.Decisions[i].Kind);

        news.TellOfReturns();

        if (status is OrderStatus.Unresolved && ruling.Before.Status is not OrderStatus.Unresolved)
            news.Tell(NoticeTypes.OrderUnresolved);
        else if (status is not OrderStatus.Unresolved && ruling.Before.Status is OrderStatus.Unresolved)
            news.Tell(NoticeTypes.OrderResolved);

        return news.Notices;
    }

    public static ImmutableArray<string> FlagsOf(Ruling ruling)
    {
        var facts = ruling.Facts;
        var flags = ruling.Flags;
        flags = With(flags, OrderFlags.Clock, facts.HasClockError);
        flags = With(flags, OrderFlags.UnknownReturn, facts.HasUnknownReturn);
        flags = With(flags, OrderFlags.DecisionsLost, facts.DecisionsLost);
        if (ruling.Complete is not null)
        {
            flags = With(flags, OrderFlags.Returned, Kept.Of(ruling) is { Returned: true });
            flags = With(flags, OrderFlags.RefundOverdue, facts.Over.HasFlag(RecordedWindows.Refund));
        }

        return flags;
    }

    // Flags are kept sorted, so that they too are the same whatever the order of arrival.
    private static ImmutableArray<string> With(ImmutableArray<string> flags, string flag, bool isSet)
    {
        if (isSet == flags.Contains(flag))
            return flags;

        return isSet ? flags.Add(flag).Sort(StringComparer.Ordinal) : flags.Remove(flag);
    }

    private sealed class News(Ruling ruling)
    {
        public ImmutableArray<Notice> Notices { get; private set; } = ruling.Before.Notices;

        public void Tell(string type, PaymentId? payment = null) => Notices = Notices.Add(new Notice(Notices.Length + 1, type, ruling.Now, payment));

        public void TellOnce(string type, PaymentId? payment = null)
        {
            if (!IsTold(type, payment: null))
                Tell(type, payment);
        }

        public void TellOfReturns()
        {
            foreach (var payment in ruling.Facts.Payments)
            {
                if (payment.Returned && !IsTold(NoticeTypes.RefundCompleted, payment.Id))
                    Tell(NoticeTypes.RefundCompleted, payment.Id);
            }
        }

        private bool IsTold(string type, PaymentId? payment)
        {
            foreach (var notice in Notices)
            {
                if (notice.Type == type && (payment is null || notice.Payment == payment))
                    return true;
            }

            return false;
        }
    }
}
