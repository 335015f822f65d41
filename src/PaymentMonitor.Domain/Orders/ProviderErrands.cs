namespace PaymentMonitor.Domain;

/// <summary>
/// What an order wants of its payment provider. It follows from the order's envelopes and decisions alone, so it survives
/// every restart, and it goes away by the events with which the provider's answers are recorded. Only orders that the provider can
/// find have any: those with a payment reference, and payments to give back.
/// </summary>
[Flags]
public enum ProviderErrands
{
    None = 0,

    /// <summary>A machine says that it was paid: was it? To be asked at once, and without closing the payment.</summary>
    Claim = 1,

    /// <summary>Its time is over and no payment is known (R5): close it, and say whether it was paid. The order waits for the answer.</summary>
    Expiry = 2,

    /// <summary>As <see cref="Expiry"/>, after the provider was silent for too long: the order waits for a person, who may yet be spared.</summary>
    Overdue = 4,

    /// <summary>A payment is to be given back. On channels that the machine controls the machine does it, and there is no errand.</summary>
    Refund = 8,

    /// <summary>The trade was closed before anybody paid: nobody shall be able to pay any more.</summary>
    Close = 16,
}
