namespace PaymentMonitor.Domain;

/// <summary>The money of an order that counts, in minor units.</summary>
/// <param name="Paid">All payments, whatever became of them. Amounts in another currency than the order's are in it as they are.</param>
/// <param name="Refunded">What of it is known to be back with the customer.</param>
public readonly record struct OrderMoney(long Paid, long Refunded)
{
    public static OrderMoney Of(Order order)
    {
        ArgumentNullException.ThrowIfNull(order);
        var facts = Facts.Of(order);
        var (paid, refunded) = (0L, 0L);
        foreach (var payment in facts.Payments)
        {
            // While the channel is unknown, the machine's word may yet turn out to be a claim.
            if (facts.Created is null && !payment.IsProvidersWord)
                continue;

            paid += payment.Amount;
            refunded += payment.Returned ? payment.Amount : 0;
        }

        return new OrderMoney(paid, refunded);
    }
}
