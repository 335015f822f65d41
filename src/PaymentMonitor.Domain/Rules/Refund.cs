using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>R7: every free payment that is not kept goes back, once, when its reports have had their time to arrive.</summary>
internal static class Refund
{
    // ISO 4217's code for "no currency": an order nobody created, and a payment that does not name its currency.
    private static readonly Currency Unnamed = Currency.Parse("XXX");

    public static void Decide(Ruling ruling)
    {
        if (ruling.Facts.Payments.Length == 0 || Cause(ruling) is not { } cause)
            return;

        var kept = Kept.Of(ruling);
        if (ruling.Facts.Out && kept is null)
            return;

        foreach (var payment in ruling.Facts.Payments)
        {
            if (!payment.IsFree || payment == kept)
                continue;

            if (ruling.Facts.Created is null && !payment.IsProvidersWord)
                continue;

            if (!ruling.Reaches(Later(payment.Arrival + ruling.Options.AllowedLateness, cause.NotBefore)))
                continue;

            ruling.Decide(DecisionKinds.RefundDue, cause.Reason, refund: OrderFor(ruling, payment));
            payment.RefundDueAt = ruling.Now;
        }
    }

    private static (string Reason, DateTimeOffset NotBefore)? Cause(Ruling ruling)
    {
        var facts = ruling.Facts;
        var jamSettled = facts.Jam ? facts.ShipmentFailedAt!.Value + ruling.Options.AllowedLateness : DateTimeOffset.MinValue;

        if (ruling.Complete is not null)
            return (Reasons.Surplus, jamSettled);

        if (ruling.Allow is not null)
            return (facts.Jam ? Reasons.ShipmentFailed : Reasons.Surplus, jamSettled);

        if (ruling.Close is { } close)
            return (close.Reason == Reasons.Expired ? Reasons.Late : close.Reason, jamSettled);

        return facts.Created is null && facts.FirstArrival is { } first
            ? (Reasons.UnknownOrder, Later(first + ruling.Options.UnknownOrderHold, jamSettled))
            : null;
    }

    private static RefundOrder OrderFor(Ruling ruling, Payment payment)
    {
        // Colons, because neither id in front can hold one: no two payments share a refund id, and it stands in a URL as it is.
        var refundId = $"{ruling.Before.MachineId}:{ruling.Before.OrderId}:{payment.Id}";
        return new RefundOrder(refundId, payment.Id, payment.Amount, payment.Currency ?? ruling.Facts.Terms?.Currency ?? Unnamed);
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a >= b ? a : b;
}
