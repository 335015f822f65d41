using System.Collections.Immutable;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>
/// The rules of an order: pure, so that the same history gives the same decisions on every machine and in every replay. What is
/// known (<see cref="Facts"/>) comes from a set of envelopes, what was decided is never taken back, and the only clock is the
/// arrival of the envelope that is applied.
/// </summary>
public static class OrderRules
{
    /// <summary>Stored with each order, so that changed rules can leave the orders alone that began under these.</summary>
    public const int Version = 1;

    /// <summary>Never throws for what an envelope says: what cannot count is set aside, and the order lives on.</summary>
    public static Applied Apply(Order order, Envelope envelope, OrderOptions options)
    {
        ArgumentNullException.ThrowIfNull(order);
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(options);

        var acceptance = Accept.Decide(order, envelope, options);
        var (envelopes, flags) = Take(order, envelope, acceptance);
        var ruling = new Ruling(order, envelopes, flags, Later(order.Clock, envelope.ReceivedAt), options);
        RunUntilNothingFollows(ruling);

        var status = Standing.Of(ruling);
        var asksProvider = AsksProvider(ruling);
        var after = order with
        {
            Envelopes = ruling.Envelopes,
            Decisions = ruling.Decisions,
            AllowedPayment = ruling.AllowedPayment,
            CompletedPayment = ruling.CompletedPayment,
            VerdictAskedAt = ruling.VerdictAskedAt,
            Notices = Telling.NoticesOf(ruling, status),
            Flags = Telling.FlagsOf(ruling),
            Status = status,
            Clock = ruling.Now,
            Due = ruling.Wake,
            Errands = Errands.Of(ruling, asksProvider),
        };
        return new Applied(after, acceptance, ruling.AsksVerdict, asksProvider);
    }

    private static (ImmutableArray<Envelope> Envelopes, ImmutableArray<string> Flags) Take(Order order, Envelope envelope, Acceptance acceptance)
    {
        return acceptance switch
        {
            Acceptance.Accepted when envelope.Event.Body is not OrderEvent.Due => (order.Envelopes.Add(envelope), order.Flags),
            Acceptance.SetAside { Reason: SetAsideReasons.OrderFull } when !order.Flags.Contains(OrderFlags.OrderFull)
                => (order.Envelopes, order.Flags.Add(OrderFlags.OrderFull).Sort(StringComparer.Ordinal)),
            _ => (order.Envelopes, order.Flags),
        };
    }

    // A decision may open a window or a refund, so the rules run again after each pass that changed something. Windows that are
    // over come first: they are facts of this moment.
    private static void RunUntilNothingFollows(Ruling ruling)
    {
        if (ruling.Facts.DecisionsLost)
            return;

        int before;
        do
        {
            before = ruling.Steps;
            ruling.StartOver();
            Windows.RecordThoseOver(ruling);
            Allow.Decide(ruling);
            Complete.Decide(ruling);
            Close.Decide(ruling);
            Refund.Decide(ruling);
        }
        while (ruling.Steps != before);
    }

    // For expiring orders of its channel, and at once for payments that only a machine speaks of; until it was silent too long.
    private static bool AsksProvider(Ruling ruling)
    {
        if (ruling.Facts.DecisionsLost || ruling.Close is not null || ruling.Complete is not null || ruling.Facts.Over.HasFlag(RecordedWindows.Provider))
            return false;

        return ruling.Facts.HasOpenClaim || (Close.ProviderAskedFrom(ruling) is { } from && from <= ruling.Now);
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a >= b ? a : b;
}
