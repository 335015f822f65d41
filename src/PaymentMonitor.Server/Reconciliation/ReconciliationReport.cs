using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server;

/// <summary>What a statement and the orders say of each other.</summary>
/// <param name="Payments">Payments of the statement that were compared.</param>
/// <param name="Refunds">Refunds of the statement that were compared.</param>
/// <param name="Unsettled">Lines of the statement that are too young to be judged.</param>
internal sealed record ReconciliationReport(int Payments, int Refunds, int Unsettled, IReadOnlyList<Difference> Differences)
{
    internal string ToJson() => JsonSerializer.Serialize(this, ReconciliationJson.Default.ReconciliationReport);
}

/// <summary>Something that is one way at the provider and another way here.</summary>
/// <param name="Kind">One of <see cref="DifferenceKinds"/>.</param>
/// <param name="Order">Machine and order, where an order is concerned.</param>
/// <param name="Sentence">The same for people.</param>
internal sealed record Difference(string Kind, PaymentId PaymentId, string? Order, string Sentence);

internal static class DifferenceKinds
{
    /// <summary>Paid there, and no order here knows of it.</summary>
    internal const string UnknownPayment = "unknown-payment";

    /// <summary>Paid here by the provider's word, and not in the statement.</summary>
    internal const string PaymentMissing = "payment-missing";

    internal const string AmountDiffers = "amount-differs";
    internal const string CurrencyDiffers = "currency-differs";

    /// <summary>The provider has the payment under another reference than the order's.</summary>
    internal const string ReferenceDiffers = "reference-differs";

    /// <summary>The same payment twice in the statement.</summary>
    internal const string PaidTwice = "paid-twice";

    /// <summary>Refunded there, and never ordered here.</summary>
    internal const string RefundNotOrdered = "refund-not-ordered";

    /// <summary>Refunded there and ordered here, and not known here to be back.</summary>
    internal const string RefundNotRecorded = "refund-not-recorded";

    /// <summary>Ordered here, and not refunded there.</summary>
    internal const string RefundMissing = "refund-missing";

    internal const string RefundAmountDiffers = "refund-amount-differs";

    /// <summary>The same payment refunded twice.</summary>
    internal const string RefundedTwice = "refunded-twice";
}
