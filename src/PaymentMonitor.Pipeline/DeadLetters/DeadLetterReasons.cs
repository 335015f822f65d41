using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>Why something was set aside, beside the reasons that the rules give (<see cref="SetAsideReasons"/>).</summary>
public static class DeadLetterReasons
{
    /// <summary>The rules, or the store, failed on the event: a fault of this program.</summary>
    public const string Poison = "poison";

    /// <summary>No order named the payment reference of a provider's callback in time.</summary>
    public const string UnknownReference = "unknown-reference";

    /// <summary>One sentence for the person who looks: what it means, and what may be done.</summary>
    public static string Explain(string reason) => reason switch
    {
        Poison => "The program failed on this event: replay it with a version that does not.",
        UnknownReference => "The payment provider named a payment reference that no order had named in time: find out whose money it is; replay it once the order is known.",
        SetAsideReasons.WrongSource => "Whoever reported this may not say it, so it did not count.",
        SetAsideReasons.TermsChanged => "The order exists already with other terms, and the first ones stand: the machine used an order id twice.",
        SetAsideReasons.OrderFull => "The order holds as many events as it may; a machine or a provider repeats itself under ever new ids.",
        SetAsideReasons.InvalidAmount => "The amount is not above zero, or larger than is believed.",
        SetAsideReasons.InvalidExpiry => "The time in which the order may be paid is outside its bounds.",
        SetAsideReasons.UnknownVerdict => "A risk verdict must be approve or deny.",
        SetAsideReasons.UnknownQuestion => "The rules ask nobody by that name.",
        SetAsideReasons.UnknownWindow => "The rules know no such window.",
        SetAsideReasons.UnknownOutcome => "An operator may end an order as completed, closed or refunded only.",
        SetAsideReasons.NotUnresolved => "An operator wanted to end an order that was waiting for nobody.",
        _ => "The event could not be used as it is.",
    };
}
