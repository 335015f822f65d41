using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain.Tests.Proofs;

internal sealed class InvariantException(string invariant) : Exception(invariant);

/// <summary>
/// Checks after each step what must hold of an order, from the raw envelopes and decisions only: it shares no code with the rules.
/// </summary>
internal sealed class Watch
{
    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan[] Later = [Lateness, TimeSpan.FromDays(2)];

    private readonly List<Envelope> _taken = [];

    /// <summary>Money came back that nobody had asked for.</summary>
    public bool SawUnaskedReturn { get; private set; }

    /// <summary>Goods left a machine that had been told to keep them, or that had reported that they were stuck.</summary>
    public bool SawGoodsAgainstWord { get; private set; }

    public void AfterStep(Order before, Envelope envelope, Applied applied)
    {
        var after = applied.Order;
        if (envelope.Event.Body is OrderEvent.RefundCompleted back)
            SawUnaskedReturn |= !Due(before, before.Decisions.Length, back.PaymentId);

        if (envelope.Event.Body is OrderEvent.ShipmentCompleted)
            SawGoodsAgainstWord |= before.Decisions.Any(d => d.Kind == DecisionKinds.TradeClosed || d.Reason == "shipment-failed");

        if (applied.Acceptance is Acceptance.Accepted && envelope.Event.Body is not OrderEvent.Due)
            _taken.Add(envelope);

        Hold(after.Clock == (before.Clock > envelope.ReceivedAt ? before.Clock : envelope.ReceivedAt), "the clock is the newest arrival");
        Hold(after.Due is null || after.Due > after.Clock, "what is due is done");
        Hold(after.Envelopes.Length <= 64, "an order stores at most 64 envelopes");
        Hold(after.Notices.Length >= before.Notices.Length, "notices are only appended");
        Hold(
            after.Envelopes.Length - before.Envelopes.Length >= (applied.Acceptance is Acceptance.Accepted && envelope.Event.Body is not OrderEvent.Due ? 1 : 0),
            "an accepted envelope is stored");
        for (var i = 0; i < before.Decisions.Length; i++)
            Hold(ReferenceEquals(before.Decisions[i], after.Decisions[i]), "decisions never change");

        for (var i = before.Decisions.Length; i < after.Decisions.Length; i++)
            Judge(after, i);

        if (after.Status is OrderStatus.Completed)
            Hold(Has<OrderEvent.ShipmentCompleted>() && after.Decisions.Any(d => d.Kind == DecisionKinds.TradeCompleted), "completed means shipped and paid");
    }

    /// <summary>R10 (a): the set has no order. The same envelopes the other way round stand and go on the same.</summary>
    public static void AfterTheLastArrival(Order order)
    {
        var reversed = order with { Envelopes = [.. order.Envelopes.Reverse()] };
        foreach (var later in Later)
        {
            var now = order.Clock + later;
            var wake = new Envelope(
                new ReportedEvent(EventId.Parse("due"), order.OrderId, new OrderEvent.Due(), now), EventSource.System, order.MachineId, now, now);
            var one = OrderRules.Apply(order, wake, OrderOptions.Default).Order;
            var other = OrderRules.Apply(reversed, wake, OrderOptions.Default).Order;

            Hold(one.Status == other.Status && one.Due == other.Due, "the same set stands the same");
            Hold(one.Decisions.SequenceEqual(other.Decisions), "the same set decides the same");
            Hold(one.AllowedPayment == other.AllowedPayment && one.CompletedPayment == other.CompletedPayment, "the same set keeps the same payment");
            if (order.Due is null || now < order.Due)
                Hold(one.Decisions.Length == order.Decisions.Length && one.Status == order.Status, "nothing changes before it is due");
        }
    }

    public void AtTheEnd(Order order)
    {
        if (_taken.Count == 0)
            return;

        Hold(order.Due is null, "an order comes to rest");
        Hold(
            order.Status is OrderStatus.Completed or OrderStatus.Closed or OrderStatus.Refunded or OrderStatus.Unresolved,
            $"every order ends, and not as {order.Status}");

        if (order.Status is OrderStatus.Unresolved)
            return;

        var terms = Terms();
        Hold(!Has<OrderEvent.ShipmentCompleted>() || order.Status is OrderStatus.Completed, "goods leave against money only");
        foreach (var payment in Reports().Select(r => r.Body.PaymentId).Distinct())
        {
            if (!Counts(payment, terms))
                continue;

            var isKept = order.Status is OrderStatus.Completed && order.CompletedPayment == payment;
            Hold(isKept || IsReturned(payment, terms) || Due(order, order.Decisions.Length, payment), $"no money is kept for nothing ({payment})");
        }

        if (order.Status is OrderStatus.Refunded)
        {
            foreach (var decision in order.Decisions)
                Hold(decision.Refund is null || IsReturned(decision.Refund.PaymentId, terms), "refunded means that the money is back");
        }
    }

    private void Judge(Order order, int index)
    {
        var decision = order.Decisions[index];
        Hold(decision.Version == index + 1 && decision.DecidedAt == order.Clock, "a decision is made at its time, with the next version");
        Hold(
            decision.Refund is not null || !order.Decisions.Take(index).Any(d => d.Kind == decision.Kind),
            $"{decision.Kind} is decided once");

        switch (decision.Kind)
        {
            case DecisionKinds.ShipmentAllowed:
                JudgeAllow(order, index);
                break;
            case DecisionKinds.TradeClosed:
                JudgeClose(order, index);
                break;
            case DecisionKinds.TradeCompleted:
                JudgeComplete(order, index);
                break;
            default:
                JudgeRefund(order, index);
                break;
        }
    }

    private void JudgeAllow(Order order, int index)
    {
        var terms = Terms();
        Hold(index == 0 || order.Decisions.Take(index).All(d => d.Refund is not null), "no permission after a close or a completion");
        Hold(!Has<OrderEvent.ShipmentCompleted>(), "no permission when the goods are out");
        Hold(!Has<OrderEvent.ShipmentFailed>(), "no permission for a jammed machine");
        Hold(order.Envelopes.Any(e => e.Event.Body is OrderEvent.Assessed { Verdict: "approve" }), "no permission without approval");
        Hold(order.Decisions[index].ValidUntil == order.Clock.AddSeconds(60), "a permission lasts a minute");
        Hold(terms is not null && order.AllowedPayment is { } payment && IsFullAndOnTime(payment, terms.Value), "no permission without full payment on time");
        Hold(!Due(order, index, order.AllowedPayment!.Value), "no permission for money that goes back");
        Hold(!IsReturned(order.AllowedPayment!.Value, terms), "no permission for money that came back");
        Hold(order.Clock <= Deadline(terms!.Value.Envelope) + TimeSpan.FromSeconds(15) + OwnLag(order), "no permission long after the deadline");
    }

    private void JudgeClose(Order order, int index)
    {
        var decision = order.Decisions[index];
        var created = Terms();
        Hold(created is not null, "only a created order closes");
        Hold(order.Decisions.Take(index).All(d => d.Refund is not null), "no close after a permission or a completion");
        Hold(
            decision.Reason switch
            {
                "denied" => order.Envelopes.Any(e => e.Event.Body is OrderEvent.Assessed { Verdict: "deny" }),
                "cancelled" => Settled<OrderEvent.Cancelled>(order),
                "shipment-failed" => Settled<OrderEvent.ShipmentFailed>(order) && !Has<OrderEvent.ShipmentCompleted>(),
                "underpaid" => _taken.Any(e => e.Event.Body is OrderEvent.PaymentSucceeded && e.ReceivedAt + Lateness <= order.Clock),
                "expired" => Deadline(created!.Value.Envelope) + Lateness <= order.Clock
                    && _taken.Where(e => e.Event.Body is OrderEvent.Created).Min(e => e.ReceivedAt) + Lateness <= order.Clock,
                "stale" => order.Clock > Deadline(created!.Value.Envelope) + TimeSpan.FromSeconds(15) + OwnLag(order) && !Has<OrderEvent.ShipmentCompleted>(),
                _ => false,
            },
            $"no close ({decision.Reason}) before its time");
    }

    private void JudgeComplete(Order order, int index)
    {
        Hold(Has<OrderEvent.ShipmentCompleted>(), "no completion before the goods are out");
        Hold(order.CompletedPayment is { } kept && Terms() is { } terms && IsFull(kept, terms), "no completion without full payment");
        Hold(!Due(order, index, order.CompletedPayment!.Value), "no completion for money that goes back");
    }

    private void JudgeRefund(Order order, int index)
    {
        var refund = order.Decisions[index].Refund!;
        var terms = Terms();
        Hold(!Due(order, index, refund.PaymentId), "a payment goes back once");
        Hold(Counts(refund.PaymentId, terms), "only money that came goes back");
        Hold(!IsReturned(refund.PaymentId, terms), "money that came back does not go back again");
        Hold(order.CompletedPayment != refund.PaymentId, "the kept payment does not go back");
        Hold(
            order.AllowedPayment != refund.PaymentId || (Has<OrderEvent.ShipmentFailed>() && !Has<OrderEvent.ShipmentCompleted>()) || order.CompletedPayment is not null,
            "the allowed payment goes back only after a failed shipment");
        Hold(!Has<OrderEvent.ShipmentCompleted>() || order.CompletedPayment is not null, "no refund while goods are out and nothing is kept");
        Hold(
            Reports().Any(r => r.Body.PaymentId == refund.PaymentId && r.Body.Amount == refund.Amount && r.Envelope.ReceivedAt + Lateness <= order.Clock),
            "a refund gives back what was paid, and waits");
    }

    private (Envelope Envelope, OrderEvent.Created Body)? Terms()
    {
        var created = _taken.Where(e => e.Event.Body is OrderEvent.Created)
            .OrderBy(e => e.EventTime).ThenBy(e => e.Event.Id.Value, StringComparer.Ordinal).FirstOrDefault();
        return created is null ? null : (created, (OrderEvent.Created)created.Event.Body);
    }

    private IEnumerable<(Envelope Envelope, OrderEvent.PaymentSucceeded Body)> Reports()
    {
        return _taken.Where(e => e.Event.Body is OrderEvent.PaymentSucceeded).Select(e => (e, (OrderEvent.PaymentSucceeded)e.Event.Body));
    }

    private bool Counts(PaymentId payment, (Envelope Envelope, OrderEvent.Created Body)? terms)
    {
        return Reports().Any(r => r.Body.PaymentId == payment && Counts(r.Envelope, terms));
    }

    private static bool Counts(Envelope envelope, (Envelope Envelope, OrderEvent.Created Body)? terms)
    {
        return envelope.Source is EventSource.Provider || terms?.Body.Channel.Value is "cash" or "card-terminal";
    }

    private bool IsReturned(PaymentId payment, (Envelope Envelope, OrderEvent.Created Body)? terms)
    {
        return _taken.Any(e => e.Event.Body is OrderEvent.RefundCompleted back && back.PaymentId == payment && Counts(e, terms));
    }

    private bool IsFull(PaymentId payment, (Envelope Envelope, OrderEvent.Created Body) terms)
    {
        return Reports().Any(
            r => r.Body.PaymentId == payment && Counts(r.Envelope, terms) && r.Body.Amount >= terms.Body.Amount
                && (r.Body.Currency is null || r.Body.Currency == terms.Body.Currency));
    }

    private bool IsFullAndOnTime(PaymentId payment, (Envelope Envelope, OrderEvent.Created Body) terms)
    {
        return IsFull(payment, terms) && Reports().Any(
            r => r.Body.PaymentId == payment && Counts(r.Envelope, terms)
                && (r.Envelope.Event.Boot is not null && r.Envelope.Event.Boot == terms.Envelope.Event.Boot
                    ? r.Envelope.Event.Time <= terms.Envelope.Event.Time.AddSeconds(60)
                    : r.Envelope.EventTime <= Deadline(terms.Envelope)));
    }

    private bool Settled<T>(Order order) => _taken.Any(e => e.Event.Body is T && e.ReceivedAt + Lateness <= order.Clock);

    private bool Has<T>() => _taken.Any(e => e.Event.Body is T);

    private static bool Due(Order order, int count, PaymentId payment)
    {
        return order.Decisions.Take(count).Any(d => d.Refund?.PaymentId == payment);
    }

    // How much later than it should have somebody was asked about the order.
    private static TimeSpan OwnLag(Order order)
    {
        return order.Envelopes.Where(e => e.Event.Body is OrderEvent.AskedLate)
            .Aggregate(TimeSpan.Zero, (lag, e) => lag + (e.Event.SentAt!.Value - e.Event.Time));
    }

    private static DateTimeOffset Deadline(Envelope created)
    {
        return created.EventTime.AddSeconds(((OrderEvent.Created)created.Event.Body).ExpiresInSeconds);
    }

    private static void Hold(bool condition, string invariant)
    {
        if (!condition)
            throw new InvariantException(invariant);
    }
}
