using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain.Tests.Proofs;

/// <summary>
/// The histories in which the order of arrival may lead to another end although everything arrives in time. All invariants hold in
/// them too: each end is a right one.
/// </summary>
internal static class Exceptions
{
    public static bool Hold(Watch watch) => watch.SawUnaskedReturn || watch.SawGoodsAgainstWord;

    public static bool Hold(Entry[] set)
    {
        if (set.Where(e => e.Body is OrderEvent.Created).Select(e => e.Body).Distinct().Count() > 1)
            return true;

        var full = set.Where(e => e.Body is OrderEvent.PaymentSucceeded { Amount: >= 300, Currency: null }).ToArray();
        var doubts = set.Where(
            e => e.Body is OrderEvent.Cancelled or OrderEvent.PaymentSucceeded { Amount: < 300 } or OrderEvent.PaymentSucceeded { Currency: not null });
        if (doubts.Any(d => full.Any(f => d.Date < f.Date)))
            return true;

        return set.Any(e => e.IsSuspect) && full.Any(f => f.Source is EventSource.Provider && Math.Abs(f.Date - 60_000) <= 10_000);
    }
}
