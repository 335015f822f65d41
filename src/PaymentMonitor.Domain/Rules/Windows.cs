using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>R8: what may not take for ever. A window that is over is recorded, once, as a system envelope of the order.</summary>
internal static class Windows
{
    public const string Creation = "creation";
    public const string Shipment = "shipment";
    public const string Refund = "refund";
    public const string Provider = "provider";

    public static bool IsKnown(string what) => Parse(what) != RecordedWindows.None;

    public static RecordedWindows Parse(string what)
    {
        return what switch
        {
            Creation => RecordedWindows.Creation,
            Shipment => RecordedWindows.Shipment,
            Refund => RecordedWindows.Refund,
            Provider => RecordedWindows.Provider,
            _ => RecordedWindows.None,
        };
    }

    public static void RecordThoseOver(Ruling ruling)
    {
        RecordWhenOver(ruling, Creation, CreationEnd(ruling));
        RecordWhenOver(ruling, Shipment, ShipmentEnd(ruling));
        RecordWhenOver(ruling, Refund, RefundEnd(ruling));
        RecordWhenOver(ruling, Provider, ProviderEnd(ruling));
    }

    private static DateTimeOffset? CreationEnd(Ruling ruling)
    {
        return ruling.Facts.Created is null ? ruling.Facts.FirstArrival + ruling.Options.UnknownOrderHold : null;
    }

    private static DateTimeOffset? ShipmentEnd(Ruling ruling)
    {
        var isAnswered = ruling.Facts.Out || ruling.Facts.ShipmentFailedAt is not null;
        return isAnswered ? null : ruling.Allow?.DecidedAt + ruling.Options.ShipmentWindow;
    }

    private static DateTimeOffset? RefundEnd(Ruling ruling)
    {
        DateTimeOffset? last = null;
        foreach (var payment in ruling.Facts.Payments)
        {
            if (payment is { RefundDueAt: { } due, Returned: false } && (last is null || due > last))
                last = due;
        }

        return last + ruling.Options.RefundWindow;
    }

    private static DateTimeOffset? ProviderEnd(Ruling ruling)
    {
        return Close.ProviderAskedFrom(ruling) + ruling.Facts.ProviderLag + ruling.Options.ProviderSilence;
    }

    private static void RecordWhenOver(Ruling ruling, string what, DateTimeOffset? end)
    {
        var window = Parse(what);
        if (end is not { } over || ruling.Facts.Over.HasFlag(window) || !ruling.Reaches(over))
            return;

        ruling.Record(new OrderEvent.TimedOut(what), $"timed-out/{what}");
        ruling.Facts.Over |= window;
    }
}

[Flags]
internal enum RecordedWindows
{
    None = 0,
    Creation = 1,
    Shipment = 2,
    Refund = 4,
    Provider = 8,
}
