using CsCheck;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain.Tests.Proofs;

/// <summary>
/// A log that is a minute behind: everything is applied a minute after it arrived, and so are the wakes. A backlog may decide later;
/// it must not close an order that would not have been closed. Verdicts are those that memory knows: one that has to be asked for in
/// a backlog comes later than the machine waits, and the order goes stale, which is right.
/// </summary>
public sealed class LagTests
{
    private const int LagMs = 60_000;

    private static readonly int[] DelaysMs = [0, 0, 1, 700, 2_500, 5_000, 20_000, 120_000];

    [Fact]
    public void No_order_of_a_pair_of_events_is_closed_by_a_backlog()
    {
        foreach (var (a, first) in Catalogue.Entries.Index())
        {
            foreach (var second in Catalogue.Entries[(a + 1)..])
            {
                foreach (var delay in DelaysMs)
                    Hold([new Arrival(first.Date, first), new Arrival(second.Date + delay, second)], providerAnswers: true);
            }
        }
    }

    [Fact]
    public void No_order_of_a_random_history_is_closed_by_a_backlog()
    {
        var delivery = Gen.Select(
            Gen.Int[0, Catalogue.Entries.Length - 1],
            Gen.Int[0, DelaysMs.Length - 1],
            (entry, delay) => new Arrival(Catalogue.Entries[entry].Date + DelaysMs[delay], Catalogue.Entries[entry]));

        // The provider of this world says "unpaid" whatever it has been paid, and a backlog moves that word behind a deadline.
        delivery.Array[1, 8].Sample(
            arrivals => Hold(arrivals, providerAnswers: false),
            iter: Effort.Histories / 4,
            print: arrivals => string.Join(", ", arrivals.Select(arrival => arrival.ToString())));
    }

    private static void Hold(Arrival[] arrivals, bool providerAnswers)
    {
        var sorted = arrivals.OrderBy(arrival => arrival.AtMs).ToArray();
        var behind = new World(RiskSource.Approves, providerAnswers, new Watch(), LagMs).Run(sorted);
        if (!IsClosed(behind))
            return;

        var prompt = new World(RiskSource.Approves, providerAnswers, new Watch()).Run(sorted);
        Assert.True(IsClosed(prompt), $"A backlog closed ({behind.Decisions[0].Reason}) what stands at {prompt.Status} without it: {string.Join(", ", sorted)}");
    }

    private static bool IsClosed(Order order) => order.Decisions.Any(decision => decision.Kind == DecisionKinds.TradeClosed);
}
