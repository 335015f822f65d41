using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests.Proofs;

/// <summary>An event that may be part of a history.</summary>
/// <param name="Date">When it happened, in milliseconds after the start.</param>
/// <param name="ClockErrorMs">How far the reporter's clock is behind while it reports online; 0: recorded offline with a good clock.</param>
internal sealed record Entry(
    int Index, string Name, EventSource Source, int Date, OrderEvent Body, int ClockErrorMs = 0, long? Boot = null, long? Seq = null)
{
    private readonly EventId _id = EventId.Parse($"e{Index}");

    /// <summary>The machine's own count says what was first where both sides have one; otherwise the date does.</summary>
    public bool IsSuspect => ClockErrorMs != 0;

    public Envelope Arriving(int atMs)
    {
        var e = new ReportedEvent(
            _id, TheOrder, Body, Start.AddMilliseconds(Date - ClockErrorMs), Offline: !IsSuspect, Boot: Boot, Seq: Seq);
        return EventTime.Stamp(e, Source, Machine, Start.AddMilliseconds(atMs), OrderOptions.Default);
    }

    public override string ToString() => Name;
}

/// <summary>
/// What can happen to one order, dated close together where the order of arrival matters: around a cancel, around the deadline at
/// 60 s, around the shipment. Payments p1 to p9; amounts right, short, over and in another currency; claims; returns, asked for or not.
/// </summary>
internal static class Catalogue
{
    public static Entry[] Entries { get; } = Build();

    private static Entry[] Build()
    {
        var entries = new List<Entry>();

        Machine("created qr", 0, Qr());
        Machine("created qr again", 2_000, Qr());
        Machine("created cash", 1_000, Cash());
        Machine("created cash, boot 7", 1_500, Cash(), boot: 7, seq: 1);
        Machine("created qr, clock off", 4_000, Qr(), clockErrorMs: 3_600_000);
        Machine("started", 3_000, new OrderEvent.PaymentStarted());
        Machine("failed", 5_000, new OrderEvent.PaymentFailed("declined"));
        Machine("cancelled at 10", 10_000, Cancel);
        Machine("cancelled at 12, boot 7", 12_000, Cancel, boot: 7, seq: 3);
        Machine("cancelled at 57", 57_000, Cancel);
        Provider("p1 paid at 11", 11_000, Paid("p1"));
        Machine("p1 paid at 10.5, by the machine", 10_500, Paid("p1", 320));
        Provider("p1 told again at 13", 13_000, Paid("p1", 310));
        Provider("p2 paid at 9", 9_000, Paid("p2"));
        Provider("p3 short at 12", 12_000, Paid("p3", 200));
        Provider("p4 in dollars at 8", 8_000, Paid("p4", 300, "USD"));
        Machine("p5 in cash at 11, boot 7", 11_000, Paid("p5"), boot: 7, seq: 2);
        Machine("p6 in cash at 62, boot 7", 62_000, Paid("p6"), boot: 7, seq: 4);
        Provider("p7 paid at the deadline", 60_000, Paid("p7"));
        Provider("p8 paid at 63", 63_000, Paid("p8", 400));
        Machine("shipped at 14", 14_000, Out);
        Machine("jammed at 13", 13_000, Jam);
        Machine("shipped at 66", 66_000, Out);
        Machine("jammed at 64", 64_000, Jam);
        Provider("p1 returned at 15", 15_000, Refunded("p1"));
        Provider("p1 return failed at 18", 18_000, RefundFailed("p1"));
        Machine("p5 returned by the machine at 16", 16_000, Refunded("p5"));
        Provider("p9 returned, unknown", 20_000, Refunded("p9"));
        Provider("unpaid at 15", 15_000, Unpaid);
        Provider("unpaid at 61", 61_000, Unpaid);
        return [.. entries];

        void Machine(string name, int date, OrderEvent body, int clockErrorMs = 0, long? boot = null, long? seq = null)
        {
            entries.Add(new Entry(entries.Count, name, EventSource.Machine, date, body, clockErrorMs, boot, seq));
        }

        void Provider(string name, int date, OrderEvent body) => entries.Add(new Entry(entries.Count, name, EventSource.Provider, date, body));
    }
}
