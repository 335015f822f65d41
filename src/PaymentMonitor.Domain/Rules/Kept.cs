namespace PaymentMonitor.Domain;

/// <summary>R6: the one payment that the order keeps, if any.</summary>
internal static class Kept
{
    public static Payment? Of(Ruling ruling)
    {
        if (ruling.Complete is not null)
            return ruling.CompletedPayment is { } completed ? ruling.Facts.Find(completed) : null;

        if (ruling.Allow is null || ruling.Facts.Jam)
            return null;

        Payment? earliestFull = null;
        foreach (var payment in ruling.Facts.Payments)
        {
            if (!payment.IsFree)
                continue;

            if (payment.Id == ruling.AllowedPayment)
                return payment;

            if (payment.IsFull)
                earliestFull ??= payment;
        }

        return earliestFull;
    }
}
