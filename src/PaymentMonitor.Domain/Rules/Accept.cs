using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>Accept: whether an envelope joins the order's set.</summary>
internal static class Accept
{
    public static Acceptance Decide(Order order, Envelope envelope, OrderOptions options)
    {
        var body = envelope.Event.Body;
        if (!Sources.MaySay(envelope.Source, body))
            return new Acceptance.SetAside(SetAsideReasons.WrongSource);

        if (body is OrderEvent.Due)
            return Acceptance.Accepted.Instance;

        // The machine may have been asked by an instance that had not seen the newest decision.
        if (body is OrderEvent.DecisionsLost lost && lost.Version <= order.Version)
            return Acceptance.Ignored.Instance;

        OrderEvent.Created? terms = null;
        foreach (var known in order.Envelopes)
        {
            if (known.Event.Id == envelope.Event.Id || RepeatsSystem(known.Event.Body, body))
                return Acceptance.Ignored.Instance;

            terms ??= known.Event.Body as OrderEvent.Created;
        }

        if (Refusal(order, envelope, terms) is { } reason)
            return new Acceptance.SetAside(reason);

        return Capacity.HasRoom(order, envelope, terms, options)
            ? Acceptance.Accepted.Instance
            : new Acceptance.SetAside(SetAsideReasons.OrderFull);
    }

    // The first question of a kind and the first verdict stand, and a window is over once, under whatever id either comes.
    private static bool RepeatsSystem(OrderEvent known, OrderEvent body)
    {
        return body switch
        {
            OrderEvent.AskedLate asked => known is OrderEvent.AskedLate other && other.What == asked.What,
            OrderEvent.Assessed => known is OrderEvent.Assessed,
            OrderEvent.DecisionsLost lost => known is OrderEvent.DecisionsLost other && other.Version >= lost.Version,
            OrderEvent.TimedOut over => known is OrderEvent.TimedOut other && other.What == over.What,
            _ => false,
        };
    }

    private static string? Refusal(Order order, Envelope envelope, OrderEvent.Created? terms)
    {
        return envelope.Event.Body switch
        {
            OrderEvent.Created { Amount: <= 0 or > OrderEvent.MaxAmount } => SetAsideReasons.InvalidAmount,
            OrderEvent.Created { ExpiresInSeconds: <= 0 or > OrderEvent.Created.MaxExpiresInSeconds } => SetAsideReasons.InvalidExpiry,
            OrderEvent.Created created when terms is not null && created != terms => SetAsideReasons.TermsChanged,
            OrderEvent.PaymentSucceeded { Amount: <= 0 or > OrderEvent.MaxAmount } => SetAsideReasons.InvalidAmount,
            OrderEvent.RefundCompleted or OrderEvent.RefundFailed when terms is not null && !Sources.Counts(envelope.Source, terms)
                => SetAsideReasons.WrongSource,
            OrderEvent.Assessed { Verdict: not (OrderEvent.Assessed.Approve or OrderEvent.Assessed.Deny) } => SetAsideReasons.UnknownVerdict,
            OrderEvent.AskedLate { What: not (OrderEvent.AskedLate.Verdict or OrderEvent.AskedLate.Provider) } => SetAsideReasons.UnknownQuestion,
            OrderEvent.TimedOut over when !Windows.IsKnown(over.What) => SetAsideReasons.UnknownWindow,
            OrderEvent.Resolved { Outcome: not (Resolutions.Completed or Resolutions.Closed or Resolutions.Refunded) }
                => SetAsideReasons.UnknownOutcome,
            OrderEvent.Resolved when order.Status is not OrderStatus.Unresolved => SetAsideReasons.NotUnresolved,
            _ => null,
        };
    }
}
