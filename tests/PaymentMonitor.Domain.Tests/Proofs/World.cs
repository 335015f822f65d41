using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests.Proofs;

internal enum RiskSource
{
    Approves,
    Denies,
    ApprovesAfterHalfASecond,
    DeniesAfterHalfASecond,
    DeniesTooLate,
    Silent,

    /// <summary>Speaks unasked, before anyone pays, as the coupons do.</summary>
    DeniesAtCreation,
}

/// <summary>One delivery of an entry; the same entry may be delivered twice.</summary>
internal readonly record struct Arrival(int AtMs, Entry Entry)
{
    public override string ToString() => $"{Entry.Name} (arrives at {AtMs / 1000.0})";
}

/// <summary>
/// Everything around an order: deliveries, the wakes it asks for, a risk source and a provider that answer in their time or never,
/// and a provider that answers what it has been paid, heard of here or not.
/// It runs the clock until nothing is due, and hands every step to a <see cref="Watch"/>.
/// </summary>
/// <param name="lagMs">How far the log is behind: what arrives is applied so much later, and a wake is appended by who applied what is before it.</param>
internal sealed class World(RiskSource risk, bool providerAnswers, Watch watch, int lagMs = 0)
{
    private const int Never = int.MaxValue;
    private const int WakesMax = 500;

    private readonly HashSet<string> _refundsAnswered = [];
    private Order _order = new(Machine, TheOrder);
    private int _verdictAt = Never;
    private int _answerAt = Never;
    private int _refundAt = Never;
    private int _answers;
    private Entry[] _paid = [];
    private bool _toldAll;
    private bool _asksProvider;
    private DateTimeOffset? _due;
    private int _wakeAt = Never;

    /// <summary>Whether the risk source was ever asked: if not, all risk sources give the same history.</summary>
    public bool AskedVerdict { get; private set; }

    /// <summary>Whether the provider was ever asked for anything.</summary>
    public bool AskedProvider { get; private set; }

    public Order Run(ReadOnlySpan<Arrival> arrivals)
    {
        _paid = PaidByProvider(arrivals);
        foreach (var arrival in arrivals)
        {
            RunTo(arrival.AtMs);
            Take(arrival.Entry.Arriving(arrival.AtMs));
        }

        Watch.AfterTheLastArrival(_order);
        RunTo(Never);
        watch.AtTheEnd(_order);
        return _order;
    }

    // Everything that is due before the next arrival, in time order; a wake first, since it stands in front of what arrives later.
    private void RunTo(int untilMs)
    {
        for (var wakes = 0; ; wakes++)
        {
            var next = Math.Min(Math.Min(_wakeAt, _verdictAt), Math.Min(_answerAt, _refundAt));
            if (next >= untilMs)
                return;

            if (wakes == WakesMax)
                throw new InvariantException("an order comes to rest");

            if (next == _wakeAt)
                Apply(System("due", new OrderEvent.Due(), next));
            else if (next == _verdictAt)
                GiveVerdict(next);
            else if (next == _answerAt)
                AnswerCheck(next);
            else
                AnswerRefund(next);
        }
    }

    // As the order workflow takes in what arrives.
    private void Take(Envelope envelope)
    {
        if (OwnLag.BeforeAsking(_order, envelope, envelope.ReceivedAt.AddMilliseconds(lagMs), OrderOptions.Default) is { } late)
            Apply(EventTime.Stamp(late, EventSource.System, Machine, envelope.ReceivedAt, OrderOptions.Default));

        Apply(envelope);
    }

    private void Apply(Envelope envelope)
    {
        var before = _order;
        var applied = OrderRules.Apply(before, envelope, OrderOptions.Default);
        watch.AfterStep(before, envelope, applied);
        _order = applied.Order;

        var now = MsOf(_order.Clock);
        SetWake(now);
        AskedVerdict |= applied.AsksVerdict;
        AskedProvider |= applied.AsksProvider;
        (var askedProvider, _asksProvider) = (_asksProvider, applied.AsksProvider);
        if (applied.AsksVerdict && VerdictTime(now) != now)
            NoteLag(before, envelope, OrderEvent.AskedLate.Verdict);

        if (applied.AsksProvider && !askedProvider)
            NoteLag(before, envelope, OrderEvent.AskedLate.Provider);


        if (applied.AsksVerdict)
            _verdictAt = VerdictTime(now);
        else if (risk is RiskSource.DeniesAtCreation && envelope.Event.Body is OrderEvent.Created && applied.Acceptance is Acceptance.Accepted)
            _verdictAt = now;

        if (applied.AsksProvider && providerAnswers && !_toldAll && _answerAt == Never)
            _answerAt = Later(now + (_answers == 0 ? 2_000 : 30_000));

        foreach (var decision in _order.Decisions)
        {
            if (decision.Refund is not { } refund || _refundsAnswered.Contains(refund.RefundId))
                continue;

            AskedProvider = true;
            if (providerAnswers)
                _refundAt = Math.Min(_refundAt, RefundTime(decision));
        }
    }

    // Appended when it is due, or as soon as the log comes to what asks for it.
    private void SetWake(int now)
    {
        if (_order.Due == _due && _wakeAt > now)
            return;

        _due = _order.Due;
        _wakeAt = _due is { } time ? Math.Max(MsOf(time), Later(now)) : Never;
    }

    // Recorded in the same step, as the order workflow does.
    private void NoteLag(Order before, Envelope envelope, string what)
    {
        if (OwnLag.Asking(before, envelope, what, _order.Clock.AddMilliseconds(lagMs)) is { } late)
            Apply(EventTime.Stamp(late, EventSource.System, Machine, _order.Clock, OrderOptions.Default));
    }

    private int VerdictTime(int now)
    {
        return risk switch
        {
            RiskSource.Approves or RiskSource.Denies or RiskSource.DeniesAtCreation => now,
            RiskSource.ApprovesAfterHalfASecond or RiskSource.DeniesAfterHalfASecond => Later(now + 500),
            RiskSource.DeniesTooLate => Later(now + 3_000),
            _ => Never,
        };
    }

    private void GiveVerdict(int now)
    {
        _verdictAt = Never;
        var verdict = risk is RiskSource.Approves or RiskSource.ApprovesAfterHalfASecond ? OrderEvent.Assessed.Approve : OrderEvent.Assessed.Deny;
        Apply(System($"{TheOrder}/assessed", new OrderEvent.Assessed(verdict, "risk"), now));
    }

    private void AnswerCheck(int now)
    {
        _answerAt = Never;
        _answers++;
        var paid = _paid.Where(entry => entry.Date <= now).ToArray();

        // It may be asked for ever about a claim that is none of its payments; from here on it has nothing more to say.
        _toldAll = paid.Length > 0 && paid.Length == _paid.Length;
        if (paid.Length == 0)
            Apply(Stamp(EventSource.Provider, $"check{_answers}", Unpaid, now));

        foreach (var entry in paid)
            Apply(Stamp(EventSource.Provider, $"check-paid-{entry.Index}", entry.Body, now, entry.Date));
    }

    private static Entry[] PaidByProvider(ReadOnlySpan<Arrival> arrivals)
    {
        var paid = new List<Entry>();
        foreach (var arrival in arrivals)
        {
            if (arrival.Entry is { Source: EventSource.Provider, Body: OrderEvent.PaymentSucceeded } && !paid.Contains(arrival.Entry))
                paid.Add(arrival.Entry);
        }

        return [.. paid];
    }

    private void AnswerRefund(int now)
    {
        _refundAt = Never;
        foreach (var decision in _order.Decisions)
        {
            if (decision.Refund is not { } refund || RefundTime(decision) > now || !_refundsAnswered.Add(refund.RefundId))
                continue;

            Apply(Stamp(EventSource.Provider, $"back-{refund.PaymentId}", new OrderEvent.RefundCompleted(refund.PaymentId), now));
            return;
        }
    }

    private int RefundTime(Decision decision) => Later(MsOf(decision.DecidedAt) + 3_000);

    // Who knows at once speaks in the same step; whoever has to be asked is asked when the log comes to it.
    private int Later(int ms) => ms == Never ? Never : ms + lagMs;

    private static Envelope System(string id, OrderEvent body, int now) => Stamp(EventSource.System, id, body, now);

    private static Envelope Stamp(EventSource source, string id, OrderEvent body, int now, int? date = null)
    {
        var reported = new ReportedEvent(EventId.Parse(id), TheOrder, body, Start.AddMilliseconds(date ?? now));
        return EventTime.Stamp(reported, source, Machine, Start.AddMilliseconds(now), OrderOptions.Default);
    }

    private static int MsOf(DateTimeOffset time) => (int)((time.UtcTicks - Start.UtcTicks) / TimeSpan.TicksPerMillisecond);
}
