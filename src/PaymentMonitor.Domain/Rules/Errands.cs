using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>What the provider is to be asked and told, from what is known and what was decided.</summary>
internal static class Errands
{
    public static ProviderErrands Of(Ruling ruling, bool asksProvider)
    {
        // What was decided is not known any more, or an operator ended it: what was to be done was done by hand, or is not to be done.
        if (ruling.Facts.DecisionsLost || Standing.IsEndedByOperator(ruling))
            return ProviderErrands.None;

        var errands = GivesBack(ruling) ? ProviderErrands.Refund : ProviderErrands.None;
        if (ruling.Facts.Terms?.PaymentRef is null)
            return errands;

        if (ruling.Close is not null)
            return IsToBeClosed(ruling, ruling.Close) ? errands | ProviderErrands.Close : errands;

        return errands | Question(ruling, asksProvider);
    }

    private static ProviderErrands Question(Ruling ruling, bool asksProvider)
    {
        var isExpiry = Close.ProviderAskedFrom(ruling) <= ruling.Now;
        if (asksProvider)
            return isExpiry ? ProviderErrands.Expiry : ProviderErrands.Claim;

        return isExpiry && ruling.Complete is null ? ProviderErrands.Overdue : ProviderErrands.None;
    }

    private static bool GivesBack(Ruling ruling)
    {
        if (ruling.Facts.Terms is { } terms && Sources.MachineControls(terms.Channel))
            return false;

        foreach (var payment in ruling.Facts.Payments)
        {
            if (payment is { RefundDueAt: not null, Returned: false } && payment.RefundFailures < ruling.Options.RefundFailuresMax)
                return true;
        }

        return false;
    }

    // Until the provider answered after the close. In a full order its answer could not be kept, and would be asked for again for ever.
    private static bool IsToBeClosed(Ruling ruling, Decision close)
    {
        var facts = ruling.Facts;
        if (Sources.MachineControls(facts.Terms!.Channel) || facts.Payments.Length > 0 || facts.UnpaidByProvider || ruling.Flags.Contains(OrderFlags.OrderFull))
            return false;

        foreach (var envelope in ruling.Envelopes)
        {
            if (envelope.Event.Body is OrderEvent.PaymentChecked && envelope.ReceivedAt >= close.DecidedAt)
                return false;
        }

        return true;
    }
}
