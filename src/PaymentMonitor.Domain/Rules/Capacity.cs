using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>
/// Bounds what an order stores, so that no flood of reports grows or slows it, and so that no flood shuts out a report that
/// decides something: chatter may fill half of the places, payments and failed refunds all but a reserve, and every payment taken
/// in has a place kept for its return. What decides (the first of its kind) finds room in the reserve.
/// </summary>
internal static class Capacity
{
    // Creation, cancel, both shipment outcomes, the provider's word, the verdict, two late questions and four windows are twelve; the rest is for operators.
    private const int Reserve = 16;

    public static bool HasRoom(Order order, Envelope envelope, OrderEvent.Created? terms, OrderOptions options)
    {
        var stored = order.Envelopes.Length;
        if ((2 * stored) + 2 <= options.MaxEnvelopes / 2)
            return true;

        var taken = stored + Payments(order);
        return WeightOf(order, envelope, terms) switch
        {
            Weight.Chatter => taken < options.MaxEnvelopes / 2,
            Weight.Failure => taken < options.MaxEnvelopes - Reserve,
            Weight.Payment => taken + 2 <= options.MaxEnvelopes - Reserve,
            _ => stored < options.MaxEnvelopes,
        };
    }

    private static int Payments(Order order)
    {
        var count = 0;
        foreach (var known in order.Envelopes)
        {
            if (known.Event.Body is OrderEvent.PaymentSucceeded)
                count++;
        }

        return count;
    }

    private static Weight WeightOf(Order order, Envelope envelope, OrderEvent.Created? terms)
    {
        return envelope.Event.Body switch
        {
            OrderEvent.PaymentStarted or OrderEvent.PaymentFailed => Weight.Chatter,
            OrderEvent.Created => terms is null ? Weight.Decisive : Weight.Chatter,
            OrderEvent.PaymentSucceeded payment => IsToldAgain(order, envelope.Source, payment) ? Weight.Chatter : Weight.Payment,
            OrderEvent.RefundFailed => Weight.Failure,
            OrderEvent.RefundCompleted refund => IsFirstReturnOfKnown(order, refund) ? Weight.Decisive : Weight.Chatter,
            OrderEvent.PaymentChecked => IsNewWord(order, envelope) ? Weight.Decisive : Weight.Chatter,
            var body => IsFirstOfItsKind(order, body) ? Weight.Decisive : Weight.Chatter,
        };
    }

    private static bool IsToldAgain(Order order, EventSource source, OrderEvent.PaymentSucceeded payment)
    {
        foreach (var known in order.Envelopes)
        {
            if (known.Source == source && known.Event.Body is OrderEvent.PaymentSucceeded other && other.PaymentId == payment.PaymentId)
                return true;
        }

        return false;
    }

    private static bool IsFirstReturnOfKnown(Order order, OrderEvent.RefundCompleted refund)
    {
        var isKnown = false;
        foreach (var known in order.Envelopes)
        {
            switch (known.Event.Body)
            {
                case OrderEvent.PaymentSucceeded payment when payment.PaymentId == refund.PaymentId:
                    isKnown = true;
                    break;
                case OrderEvent.RefundCompleted other when other.PaymentId == refund.PaymentId:
                    return false;
                default:
                    break;
            }
        }

        return isKnown;
    }

    // Only the first "unpaid" from after the deadline decides: see Facts.IsProvidersWord.
    private static bool IsNewWord(Order order, Envelope envelope)
    {
        Envelope? created = null;
        foreach (var known in order.Envelopes)
        {
            if (known.Event.Body is OrderEvent.Created && (created is null || Facts.IsEarlier(known, created)))
                created = known;
        }

        if (created is null || !Facts.IsProvidersWord(envelope, created))
            return false;

        foreach (var known in order.Envelopes)
        {
            if (Facts.IsProvidersWord(known, created))
                return false;
        }

        return true;
    }

    private static bool IsFirstOfItsKind(Order order, OrderEvent body)
    {
        // Repeats of a verdict, a late question or a window were told apart before; an operator's word is never chatter.
        if (body is OrderEvent.Assessed or OrderEvent.AskedLate or OrderEvent.TimedOut or OrderEvent.Resolved or OrderEvent.DecisionsLost)
            return true;

        foreach (var known in order.Envelopes)
        {
            if (known.Event.Body.GetType() == body.GetType())
                return false;
        }

        return true;
    }

    private enum Weight
    {
        Decisive,
        Chatter,
        Failure,
        Payment,
    }
}
