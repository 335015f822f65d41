using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>R3: a good payment allows the shipment, at once, if the risk verdict does. A denial closes the trade, paid or not.</summary>
internal static class Allow
{
    public static void Decide(Ruling ruling)
    {
        var facts = ruling.Facts;
        if (facts.Created is null || !ruling.IsOpen || facts.Out || facts.Jam)
            return;

        // Known before anyone pays, as of a coupon that was refused, it keeps the customer's money out of this.
        if (facts.Verdict is OrderEvent.Assessed.Deny)
        {
            ruling.Decide(DecisionKinds.TradeClosed, Reasons.Denied);
            return;
        }

        if (EarliestGood(facts) is not { } payment || ruling.Now > facts.Deadline + ruling.Options.StaleAfterDeadline + facts.Lag)
            return;

        switch (Verdict(ruling))
        {
            case OrderEvent.Assessed.Approve:
                ruling.AllowedPayment = payment.Id;
                ruling.Decide(DecisionKinds.ShipmentAllowed, Reasons.Paid, ruling.Now + ruling.Options.PermissionValidity);
                break;
            case OrderEvent.Assessed.Deny:
                ruling.Decide(DecisionKinds.TradeClosed, Reasons.Denied);
                break;
            default:
                break;
        }
    }

    public static Payment? EarliestGood(Facts facts)
    {
        foreach (var payment in facts.Payments)
        {
            if (payment.IsGood)
                return payment;
        }

        return null;
    }

    // Asked once, when first needed; the policy stands in for an answer that does not come.
    private static string? Verdict(Ruling ruling)
    {
        var facts = ruling.Facts;
        if (facts.Verdict is not null)
            return facts.Verdict;

        if (ruling.VerdictAskedAt is null)
        {
            ruling.VerdictAskedAt = ruling.Now;
            ruling.AsksVerdict = true;
        }

        if (!ruling.Reaches(ruling.VerdictAskedAt.Value + facts.VerdictLag + ruling.Options.AssessmentTimeout))
            return null;

        var policy = Verdicts.Policy(facts.Terms!.Amount, ruling.Options);
        facts.Verdict = policy.Verdict;
        ruling.Record(policy, Verdicts.Name);
        return facts.Verdict;
    }
}
