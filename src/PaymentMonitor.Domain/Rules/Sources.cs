using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>Who may say what, and whose word on money counts.</summary>
internal static class Sources
{
    private static readonly Channel Cash = Channel.Parse("cash");
    private static readonly Channel CardTerminal = Channel.Parse("card-terminal");

    public static bool MaySay(EventSource source, OrderEvent body)
    {
        return body switch
        {
            OrderEvent.Created or OrderEvent.Cancelled => source is EventSource.Machine,
            OrderEvent.ShipmentCompleted or OrderEvent.ShipmentFailed => source is EventSource.Machine,
            OrderEvent.PaymentStarted or OrderEvent.PaymentFailed => source is EventSource.Machine or EventSource.Provider,
            OrderEvent.PaymentSucceeded => source is EventSource.Machine or EventSource.Provider,
            OrderEvent.PaymentChecked => source is EventSource.Provider,
            OrderEvent.RefundCompleted or OrderEvent.RefundFailed => source is EventSource.Machine or EventSource.Provider,
            OrderEvent.AskedLate or OrderEvent.Assessed or OrderEvent.TimedOut or OrderEvent.Due or OrderEvent.Resolved or OrderEvent.DecisionsLost => source is EventSource.System,
            _ => false,
        };
    }

    /// <summary>The machine itself takes and gives back the money there; on every other channel a provider does.</summary>
    public static bool MachineControls(Channel channel) => channel == Cash || channel == CardTerminal;

    /// <summary>
    /// The provider's word on money always counts; the machine's counts on channels it controls. While the order is not created
    /// its channel is unknown.
    /// </summary>
    public static bool Counts(EventSource source, OrderEvent.Created? terms)
    {
        return source is EventSource.Provider || (terms is not null && MachineControls(terms.Channel));
    }
}
