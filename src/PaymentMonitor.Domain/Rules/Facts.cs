using System.Collections.Immutable;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>
/// R2: what the accepted envelopes say, taken together. It depends on the set alone, never on the order in which the set was
/// filled. <see cref="RecordedWindows"/> and <see cref="Verdict"/> grow while the rules record what time has decided.
/// </summary>
internal sealed class Facts
{
    private Facts()
    {
    }

    /// <summary>The earliest creation, or null while the order is known from other reports only.</summary>
    public Envelope? Created { get; private set; }

    public OrderEvent.Created? Terms { get; private set; }

    /// <summary>Event time of the creation plus its expiry; exactly then is still on time.</summary>
    public DateTimeOffset Deadline { get; private set; }

    public DateTimeOffset? FirstArrival { get; private set; }

    public Envelope? EarliestCancel { get; private set; }

    /// <summary>The goods are with the customer. Beats every jam, whatever the dates.</summary>
    public bool Out { get; private set; }

    /// <summary>When a failed shipment was first heard of.</summary>
    public DateTimeOffset? ShipmentFailedAt { get; private set; }

    public bool Jam => ShipmentFailedAt is not null && !Out;

    /// <summary>Counted payments, earliest first.</summary>
    public Payment[] Payments { get; private set; } = [];

    /// <summary>A machine said "paid" for a channel where only the provider can know.</summary>
    public bool HasClaim { get; private set; }

    /// <summary>A claim that the provider neither confirmed nor denied since.</summary>
    public bool HasOpenClaim { get; private set; }

    /// <summary>The provider said, after the deadline, that nothing was paid.</summary>
    public bool UnpaidByProvider { get; private set; }

    /// <summary>Money came back that nobody had reported as paid.</summary>
    public bool HasUnknownReturn { get; private set; }

    public bool IsPaying { get; private set; }

    public bool HasClockError { get; private set; }

    public string? Verdict { get; set; }

    /// <summary>How far the log was behind when the risk verdict was asked for.</summary>
    public TimeSpan VerdictLag { get; private set; }

    /// <summary>How far the log was behind when the provider was asked.</summary>
    public TimeSpan ProviderLag { get; private set; }

    /// <summary>How much later than it should the order hears what it asked for, by our own fault.</summary>
    public TimeSpan Lag => VerdictLag + ProviderLag;

    public RecordedWindows Over { get; set; }

    /// <summary>The newest word of an operator who ended the order.</summary>
    public Envelope? Resolution { get; private set; }

    /// <summary>The machine has decisions that the store lost: nothing may be decided, for the machine would take it for old news.</summary>
    public bool DecisionsLost { get; private set; }

    /// <summary>When money or goods were last heard of.</summary>
    public DateTimeOffset? LastSubstance { get; private set; }

    public static Facts Of(Order order) => Of(order.Envelopes, order.Decisions);

    public static Facts Of(ImmutableArray<Envelope> envelopes, ImmutableArray<Decision> decisions)
    {
        var facts = new Facts();
        var successes = facts.Gather(envelopes);
        if (facts.Created is { } created)
        {
            facts.Terms = (OrderEvent.Created)created.Event.Body;
            facts.Deadline = DeadlineOf(created);
        }

        if (successes > 0)
            facts.GroupPayments(envelopes, successes);

        facts.Relate(envelopes, decisions);
        return facts;
    }

    /// <summary>By event time, then by id: the same whatever the order of arrival.</summary>
    public static bool IsEarlier(Envelope a, Envelope b)
    {
        var order = a.EventTime.CompareTo(b.EventTime);
        return order < 0 || (order == 0 && string.CompareOrdinal(a.Event.Id.Value, b.Event.Id.Value) < 0);
    }

    /// <summary>An answer from before the deadline says nothing about what was paid between it and the deadline.</summary>
    public static bool IsProvidersWord(Envelope envelope, Envelope created)
    {
        return envelope.Event.Body is OrderEvent.PaymentChecked { Result: OrderEvent.PaymentChecked.Unpaid }
            && envelope.EventTime >= DeadlineOf(created);
    }

    /// <summary>Within one boot of the machine the spacing of its own clock counts; otherwise the event times do.</summary>
    public bool IsOnTime(Envelope payment)
    {
        if (Created is null || Terms is null)
            return false;

        return SameBoot(payment, Created)
            ? payment.Event.Time - Created.Event.Time <= TimeSpan.FromSeconds(Terms.ExpiresInSeconds)
            : payment.EventTime <= Deadline;
    }

    /// <summary>A cancel that came strictly before the payment; within one boot the machine's own count says which was first.</summary>
    public bool IsBlocked(Envelope payment)
    {
        if (EarliestCancel is not { } cancel)
            return false;

        return SameBoot(cancel, payment) && cancel.Event.Seq is { } cancelSeq && payment.Event.Seq is { } paymentSeq
            ? cancelSeq < paymentSeq
            : cancel.EventTime < payment.EventTime;
    }

    public Payment? Find(PaymentId id) => Find(Payments, id);

    private static Payment? Find(ReadOnlySpan<Payment> payments, PaymentId id)
    {
        foreach (var payment in payments)
        {
            if (payment.Id == id)
                return payment;
        }

        return null;
    }

    private static DateTimeOffset DeadlineOf(Envelope created)
    {
        return created.EventTime.AddSeconds(((OrderEvent.Created)created.Event.Body).ExpiresInSeconds);
    }

    private static bool SameBoot(Envelope a, Envelope b)
    {
        return a.Source is EventSource.Machine && b.Source is EventSource.Machine && a.Event.Boot is { } boot && boot == b.Event.Boot;
    }

    // What each envelope says by itself. Returns how many say that something was paid.
    private int Gather(ImmutableArray<Envelope> envelopes)
    {
        var successes = 0;
        Envelope? lastTalk = null;
        foreach (var envelope in envelopes)
        {
            FirstArrival = Earliest(FirstArrival, envelope.ReceivedAt);
            HasClockError |= envelope.ClockSuspect;
            switch (envelope.Event.Body)
            {
                case OrderEvent.Created when Created is null || IsEarlier(envelope, Created):
                    Created = envelope;
                    break;
                case OrderEvent.Cancelled when EarliestCancel is null || IsEarlier(envelope, EarliestCancel):
                    EarliestCancel = envelope;
                    break;
                case OrderEvent.PaymentStarted or OrderEvent.PaymentFailed when lastTalk is null || IsEarlier(lastTalk, envelope):
                    lastTalk = envelope;
                    break;
                case OrderEvent.PaymentSucceeded:
                    successes++;
                    LastSubstance = Latest(LastSubstance, envelope.ReceivedAt);
                    break;
                case OrderEvent.ShipmentCompleted:
                    Out = true;
                    LastSubstance = Latest(LastSubstance, envelope.ReceivedAt);
                    break;
                case OrderEvent.ShipmentFailed:
                    ShipmentFailedAt = Earliest(ShipmentFailedAt, envelope.ReceivedAt);
                    LastSubstance = Latest(LastSubstance, envelope.ReceivedAt);
                    break;
                case OrderEvent.RefundCompleted or OrderEvent.RefundFailed:
                    LastSubstance = Latest(LastSubstance, envelope.ReceivedAt);
                    break;
                case OrderEvent.AskedLate { What: OrderEvent.AskedLate.Verdict }:
                    VerdictLag = OwnLag.Of(envelope);
                    break;
                case OrderEvent.AskedLate:
                    ProviderLag = OwnLag.Of(envelope);
                    break;
                case OrderEvent.Assessed assessed:
                    Verdict = assessed.Verdict;
                    break;
                case OrderEvent.DecisionsLost:
                    DecisionsLost = true;
                    break;
                case OrderEvent.TimedOut over:
                    Over |= Windows.Parse(over.What);
                    break;
                case OrderEvent.Resolved when Resolution is null || Resolution.ReceivedAt <= envelope.ReceivedAt:
                    Resolution = envelope;
                    break;
                default:
                    break;
            }
        }

        IsPaying = lastTalk?.Event.Body is OrderEvent.PaymentStarted;
        return successes;
    }

    private void GroupPayments(ImmutableArray<Envelope> envelopes, int successes)
    {
        var payments = new Payment[successes];
        var count = 0;
        foreach (var envelope in envelopes)
        {
            if (envelope.Event.Body is not OrderEvent.PaymentSucceeded word)
                continue;

            // While the channel is unknown, the machine's word may turn out to count, so that its money is not overlooked.
            if (Terms is not null && !Sources.Counts(envelope.Source, Terms))
            {
                HasClaim = true;
                continue;
            }

            if (Find(payments.AsSpan(0, count), word.PaymentId) is { } known)
                known.Hear(envelope, word, this);
            else
                payments[count++] = new Payment(envelope, word, this);
        }

        Payments = count == successes ? payments : payments[..count];
        foreach (var payment in Payments)
            payment.Measure(Terms);

        if (count > 1)
            Array.Sort(Payments, static (a, b) => a.IsBefore(b) ? -1 : b.IsBefore(a) ? 1 : 0);
    }

    // What envelopes say about payments and claims, and what was decided about them.
    private void Relate(ImmutableArray<Envelope> envelopes, ImmutableArray<Decision> decisions)
    {
        foreach (var envelope in envelopes)
        {
            switch (envelope.Event.Body)
            {
                case OrderEvent.RefundCompleted refund when Sources.Counts(envelope.Source, Terms):
                    if (Find(refund.PaymentId) is { } returned)
                        returned.Returned = true;
                    else
                        HasUnknownReturn = true;
                    break;
                case OrderEvent.RefundFailed refund when Sources.Counts(envelope.Source, Terms):
                    if (Find(refund.PaymentId) is { } failed)
                        failed.RefundFailures++;
                    break;
                case OrderEvent.PaymentChecked when Created is not null:
                    UnpaidByProvider |= IsProvidersWord(envelope, Created);
                    break;
                case OrderEvent.PaymentSucceeded claim when HasClaim && envelope.Source is EventSource.Machine:
                    HasOpenClaim |= Find(claim.PaymentId) is null && !IsDenied(envelopes, envelope);
                    break;
                default:
                    break;
            }
        }

        foreach (var decision in decisions)
        {
            if (decision.Refund is { } refund && Find(refund.PaymentId) is { } due)
                due.RefundDueAt = decision.DecidedAt;
        }
    }

    private static bool IsDenied(ImmutableArray<Envelope> envelopes, Envelope claim)
    {
        foreach (var envelope in envelopes)
        {
            if (envelope.Event.Body is OrderEvent.PaymentChecked { Result: OrderEvent.PaymentChecked.Unpaid }
                && envelope.EventTime >= claim.EventTime)
                return true;
        }

        return false;
    }

    private static DateTimeOffset Earliest(DateTimeOffset? a, DateTimeOffset b) => a is { } known && known <= b ? known : b;

    private static DateTimeOffset Latest(DateTimeOffset? a, DateTimeOffset b) => a is { } known && known >= b ? known : b;
}
