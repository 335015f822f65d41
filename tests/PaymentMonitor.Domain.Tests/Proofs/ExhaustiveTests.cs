using System.Collections.Concurrent;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain.Tests.Proofs;

/// <summary>All sets of up to three events of the catalogue, with every order of arrival and every world around them.</summary>
public sealed class ExhaustiveTests(ITestOutputHelper output)
{
    private const int LatenessMs = 5_000;
    private static readonly int[] GapsMs = [0, 6_000, 90_000, 1_000_000];

    [Fact]
    public void No_set_of_up_to_three_events_breaks_an_invariant_in_any_order_of_arrival()
    {
        var sets = Sets().Where((_, i) => i % Effort.Stride == 0).ToArray();
        var failures = new ConcurrentBag<(int Size, string Text)>();
        var histories = 0L;

        Parallel.ForEach(
            Partitioner.Create(sets, loadBalance: true),
            set => Interlocked.Add(ref histories, Explore(set, failures)));

        output.WriteLine($"{sets.Length} sets, {histories} histories.");
        Assert.True(failures.IsEmpty, string.Join(Environment.NewLine, failures.OrderBy(f => f.Size).ThenBy(f => f.Text, StringComparer.Ordinal).Take(12).Select(f => f.Text)));
        Assert.True(histories > 500_000 / Effort.Stride / 2, "The search is not what it was.");
    }

    private static IEnumerable<Entry[]> Sets()
    {
        var all = Catalogue.Entries;
        for (var a = 0; a < all.Length; a++)
        {
            yield return [all[a]];
            for (var b = a + 1; b < all.Length; b++)
            {
                yield return [all[a], all[b]];
                for (var c = b + 1; c < all.Length; c++)
                    yield return [all[a], all[b], all[c]];
            }
        }
    }

    private static long Explore(Entry[] set, ConcurrentBag<(int Size, string Text)> failures)
    {
        var schedules = Schedules(set).ToArray();
        var histories = 0L;
        var isVerdictAsked = false;
        foreach (var risk in Enum.GetValues<RiskSource>())
        {
            if (!isVerdictAsked && !(risk is RiskSource.Approves || (risk is RiskSource.DeniesAtCreation && set.Any(e => e.Body is OrderEvent.Created))))
                continue;

            var isProviderAsked = false;
            foreach (var providerAnswers in new[] { true, false })
            {
                if (!providerAnswers && !isProviderAsked)
                    break;

                var inTime = new Dictionary<OrderStatus, Arrival[]>();
                var isExcepted = Exceptions.Hold(set);
                foreach (var (arrivals, isInTime) in schedules)
                {
                    histories++;
                    var watch = new Watch();
                    var world = new World(risk, providerAnswers, watch);
                    try
                    {
                        var end = world.Run(arrivals);
                        if (isInTime)
                            inTime.TryAdd(end.Status, arrivals);
                    }
                    catch (InvariantException broken)
                    {
                        failures.Add((set.Length, $"{broken.Message}: {string.Join(", ", arrivals)}; {risk}, provider answers: {providerAnswers}"));
                    }

                    isVerdictAsked |= world.AskedVerdict;
                    isProviderAsked |= world.AskedProvider;
                    isExcepted |= isInTime && Exceptions.Hold(watch);
                }

                if (inTime.Count > 1 && !isExcepted)
                    failures.Add((set.Length, $"two ends: {string.Join(" | ", inTime.Select(e => $"{e.Key}: {string.Join(", ", e.Value)}"))}; {risk}, provider answers: {providerAnswers}"));
            }
        }

        return histories;
    }

    // Every order of arrival, dense and with gaps beyond the lateness; every choice of short and long delays; everything twice.
    private static IEnumerable<(Arrival[] Arrivals, bool IsInTime)> Schedules(Entry[] set)
    {
        foreach (var order in Permutations(set))
        {
            foreach (var gap in GapsMs)
            {
                var arrivals = new Arrival[order.Length];
                var last = 0;
                for (var i = 0; i < order.Length; i++)
                {
                    last = Math.Max(last + (i == 0 ? 0 : gap), order[i].Date);
                    arrivals[i] = new Arrival(last, order[i]);
                }

                yield return (arrivals, IsInTime(arrivals));
                if (gap is 0 or 90_000)
                {
                    var twice = arrivals.SelectMany(a => new[] { a, a }).Concat(arrivals.Select(a => a with { AtMs = last + gap })).ToArray();
                    yield return (twice, IsInTime(arrivals));
                }
            }
        }

        for (var choice = 1; choice < 1 << set.Length; choice++)
        {
            var arrivals = set.Select((e, i) => new Arrival(e.Date + ((choice >> i & 1) == 1 ? 4_900 : 0), e)).OrderBy(a => a.AtMs).ToArray();
            yield return (arrivals, true);
        }
    }

    private static bool IsInTime(Arrival[] arrivals) => arrivals.All(a => a.AtMs <= a.Entry.Date + LatenessMs);

    private static IEnumerable<Entry[]> Permutations(Entry[] set)
    {
        if (set.Length == 1)
            return [set];

        return set.SelectMany(
            first => Permutations([.. set.Where(e => e != first)]),
            (first, rest) => (Entry[])[first, .. rest]);
    }
}
