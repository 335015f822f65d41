using CsCheck;

namespace PaymentMonitor.Domain.Tests.Proofs;

/// <summary>
/// Random histories of up to twelve deliveries, repeats and all. CsCheck prints the seed of a failure and shrinks it;
/// CsCheck_Seed repeats it, CsCheck_Iter searches longer.
/// </summary>
public sealed class RandomHistoryTests
{
    private static readonly int[] DelaysMs = [0, 0, 1, 700, 2_500, 5_000, 5_001, 20_000, 120_000, 1_000_000];
    private static readonly int[] DelaysInTimeMs = [0, 1, 700, 2_500, 5_000];

    private static readonly Gen<RiskSource> Risk = Gen.Enum<RiskSource>();

    [Fact]
    public void No_random_history_breaks_an_invariant()
    {
        var histories = Gen.Select(Deliveries(DelaysMs), Risk, Gen.Bool);

        histories.Sample(
            (arrivals, risk, providerAnswers) => new World(risk, providerAnswers, new Watch()).Run(arrivals),
            iter: Effort.Histories,
            print: h => $"{string.Join(", ", h.Item1)}; {h.Item2}, provider answers: {h.Item3}");
    }

    [Fact]
    public void A_random_history_in_time_ends_the_same_whatever_its_order_of_arrival()
    {
        var histories = Gen.Select(Deliveries(DelaysInTimeMs), Risk, Gen.Bool);

        histories.Sample(
            (arrivals, risk, providerAnswers) =>
            {
                var set = arrivals.Select(a => a.Entry).Distinct().OrderBy(e => e.Date).ToArray();
                var (one, other) = (new Watch(), new Watch());
                var late = new World(risk, providerAnswers, one).Run(arrivals);
                var prompt = new World(risk, providerAnswers, other).Run([.. set.Select(e => new Arrival(e.Date, e))]);

                var isExcepted = Exceptions.Hold(set) || Exceptions.Hold(one) || Exceptions.Hold(other);
                Assert.True(isExcepted || late.Status == prompt.Status, $"{late.Status}, and promptly {prompt.Status}");
            },
            iter: Effort.Histories / 2,
            print: h => $"{string.Join(", ", h.Item1)}; {h.Item2}, provider answers: {h.Item3}");
    }

    private static Gen<Arrival[]> Deliveries(int[] delaysMs)
    {
        var delivery = Gen.Select(
            Gen.Int[0, Catalogue.Entries.Length - 1],
            Gen.Int[0, delaysMs.Length - 1],
            (entry, delay) => new Arrival(Catalogue.Entries[entry].Date + delaysMs[delay], Catalogue.Entries[entry]));

        return delivery.Array[1, 12].Select(all => all.OrderBy(a => a.AtMs).ToArray());
    }
}
