using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>R4: goods that are out and a free payment in full complete the trade, at once, also without permission or after a close.</summary>
internal static class Complete
{
    public static void Decide(Ruling ruling)
    {
        var facts = ruling.Facts;
        if (!facts.Out || facts.Created is null || ruling.Complete is not null)
            return;

        if (Choose(ruling) is not { } payment)
            return;

        ruling.CompletedPayment = payment.Id;
        ruling.Decide(DecisionKinds.TradeCompleted, Reasons.Shipped);
    }

    // The allowed payment if it is free, else the earliest.
    private static Payment? Choose(Ruling ruling)
    {
        Payment? earliest = null;
        foreach (var payment in ruling.Facts.Payments)
        {
            if (payment is not { IsFree: true, IsFull: true })
                continue;

            if (payment.Id == ruling.AllowedPayment)
                return payment;

            earliest ??= payment;
        }

        return earliest;
    }
}
