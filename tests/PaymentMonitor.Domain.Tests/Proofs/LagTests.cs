using CsCheck;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain.Tests.Proofs;

/// <summary>
/// A log that is a minute behind: everything is applied a minute after it arrived, and so are the wakes; the risk service and the
/// provider are asked a minute late, and their answers wait a minute more. A backlog may decide later; it must not close an order
/// that would not have been closed.
/// </summary>
public sealed class LagTests
{
    private const int LagMs = 60_000;

    private static readonly int[] DelaysMs = [0, 0, 1, 700, 2_500, 5_000, 20_000, 120_000];

    private static readonly Gen<RiskSource> Risk = Gen.Enum<RiskSource>();

    [Fact]
    public void No_order_of_a_pair_of_events_is_closed_by_a_backlog()
    {
        foreach (var (first, second) in Pairs().Where((_, i) => i % Effort.Stride == 0))
        {
            foreach (var delay in DelaysMs)
            {
                Arrival[] arrivals = [new Arrival(first.Date, first), new Arrival(second.Date + delay, second)];
                foreach (var risk in Enum.GetValues<RiskSource>())
                {
                    Hold(arrivals, risk, providerAnswers: true);
                    Hold(arrivals, risk, providerAnswers: false);
                }
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

        Gen.Select(delivery.Array[1, 8], Risk, Gen.Bool).Sample(
            (arrivals, risk, providerAnswers) => Hold(arrivals, risk, providerAnswers),
            iter: Effort.Histories / 2,
            print: h => $"{string.Join(", ", h.Item1.Select(arrival => arrival.ToString()))}; {h.Item2}, provider answers: {h.Item3}");
    }

    private static IEnumerable<(Entry First, Entry Second)> Pairs()
    {
        var all = Catalogue.Entries;
        return all.SelectMany((first, i) => all[(i + 1)..].Select(second => (first, second)));
    }

    private static void Hold(Arrival[] arrivals, RiskSource risk, bool providerAnswers)
    {
        var sorted = arrivals.OrderBy(arrival => arrival.AtMs).ToArray();
        var (one, other) = (new Watch(), new Watch());
        var behind = new World(risk, providerAnswers, one, LagMs).Run(sorted);
        if (!IsClosed(behind))
            return;

        var prompt = new World(risk, providerAnswers, other).Run(sorted);
        if (IsClosed(prompt) || Exceptions.Hold([.. sorted.Select(arrival => arrival.Entry)]) || Exceptions.Hold(one) || Exceptions.Hold(other))
            return;

        // Without a backlog it was stuck after its permission, here before: its money goes back one way or the other.
        if (behind.Decisions.Any(decision => decision is { Kind: DecisionKinds.TradeClosed, Reason: "shipment-failed" })
            && prompt.Decisions.Any(decision => decision is { Kind: DecisionKinds.RefundDue, Reason: "shipment-failed" }))
            return;

        Assert.Fail($"A backlog closed ({behind.Decisions[0].Reason}) what stands at {prompt.Status} without it: {string.Join(", ", sorted)}; {risk}, provider answers: {providerAnswers}");
    }

    private static bool IsClosed(Order order) => order.Decisions.Any(decision => decision.Kind == DecisionKinds.TradeClosed);
}
