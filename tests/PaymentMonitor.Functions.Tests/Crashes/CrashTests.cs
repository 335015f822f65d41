using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Testing;
using static PaymentMonitor.Testing.Reports;

namespace PaymentMonitor.Functions.Tests;

public sealed class CrashTests(CosmosServer server)
{
    [Fact]
    public async Task Wherever_the_app_dies_before_or_after_any_call_the_order_ends_as_if_it_had_not()
    {
        var database = (await server.NewDatabaseAsync()).Id;
        var calls = await TellAsync(database, machine: "undisturbed", crash: null);
        Assert.InRange(calls, 25, 200);

        // Eight at a time: each has services of its own but for the Cosmos DB server, and there machines of their own.
        var points = Enumerable.Range(0, calls).SelectMany(call => new[] { new CrashPoint(call, After: false), new CrashPoint(call, After: true) });
        await Parallel.ForEachAsync(points, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (point, _) =>
        {
            try
            {
                await TellAsync(database, $"m-{point.Call}-{(point.After ? "after" : "before")}", point);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new InvalidOperationException($"The app died {(point.After ? "after" : "before")} call {point.Call}, and then: {e.Message}", e);
            }
        });
    }

    [Fact]
    public async Task So_it_does_while_the_hub_is_throttled_an_event_is_poison_and_Cosmos_DB_is_away_for_ten_minutes()
    {
        var database = (await server.NewDatabaseAsync()).Id;
        var calls = await TellAsync(database, machine: "troubled", crash: null, isTroubled: true);

        // Every seventh call, before and after in turn: the outage alone has hundreds of them, one like the other.
        var points = Enumerable.Range(0, calls).Where(call => call % 7 == 3).Select((call, i) => new CrashPoint(call, After: i % 2 == 1));
        await Parallel.ForEachAsync(points, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (point, _) =>
        {
            try
            {
                await TellAsync(database, $"t-{point.Call}", point, isTroubled: true);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new InvalidOperationException($"The app died {(point.After ? "after" : "before")} call {point.Call} amid trouble, and then: {e.Message}", e);
            }
        });
    }

    /// <summary>A sale with one payment too many, and one that nobody pays: told, worked, woken, pushed, and checked.</summary>
    /// <returns>How many calls left the first process.</returns>
    private async Task<int> TellAsync(string database, string machine, CrashPoint? crash, bool isTroubled = false)
    {
        using var app = new CrashingApp(server, database, crash);
        var (sale, unpaid) = (Key(machine, "o-sale"), Key(machine, "o-unpaid"));
        var (first, second) = ($"{machine}-p-1", $"{machine}-p-2");

        await app.ReportAsync(Created(sale, Noon), Created(unpaid, Noon), Paid(sale, Noon, first));
        await app.RunAsync();
        await app.AdvanceAsync(TimeSpan.FromSeconds(2));
        if (isTroubled)
        {
            app.ThrottleHub(times: 3);
            app.Poison(machine);
        }

        await app.ReportAsync(Paid(sale, Noon, second), Shipped(sale, Noon));
        if (isTroubled)
        {
            await app.CosmosIsAwayAsync(TimeSpan.FromMinutes(10));
        }

        await app.RunAsync();
        await app.AdvanceAsync(TimeSpan.FromMinutes(3));
        await app.FeedAsync(sale);
        await app.FeedAsync(unpaid);
        var calls = app.Calls.Made;

        Assert.Equal(crash is null ? 0 : 1, app.Deaths);
        var (sold, closed) = (await app.ReadAsync(sale), await app.ReadAsync(unpaid));
        Assert.Equal([DecisionKinds.ShipmentAllowed, DecisionKinds.TradeCompleted, DecisionKinds.RefundDue], sold.Decisions.Select(decision => decision.Kind));
        Assert.Equal([DecisionKinds.TradeClosed], closed.Decisions.Select(decision => decision.Kind));
        Assert.Equal((OrderStatus.Completed, OrderStatus.Closed), (sold.Status, closed.Status));
        Assert.Equal(
            ["o-sale.created", $"o-sale.paid-{first}", $"o-sale.paid-{second}", "o-sale.shipped"],
            sold.Envelopes.Where(envelope => envelope.Source is EventSource.Machine).Select(envelope => envelope.Event.Id.Value).Order(StringComparer.Ordinal));
        foreach (var payment in new[] { first, second })
        {
            Assert.Equal(sale.OrderId, Assert.Single(await app.FindAsync(PaymentId.Parse(payment))).OrderId);
        }

        // Each decision was told, and under one version only.
        foreach (var (order, kind, version) in new[]
        {
            ("o-sale", DecisionKinds.ShipmentAllowed, 1), ("o-sale", DecisionKinds.TradeCompleted, 2), ("o-sale", DecisionKinds.RefundDue, 3), ("o-unpaid", DecisionKinds.TradeClosed, 1),
        })
        {
            var told = app.WebPubSub.Sent.Where(push => push.Json.Contains($"\"orderId\":\"{order}\"") && push.Json.Contains($"\"kind\":\"{kind}\"")).ToList();
            Assert.NotEmpty(told);
            Assert.All(told, push => Assert.Contains($"\"version\":{version},", push.Json));
        }

        Assert.Equal(isTroubled ? 1 : 0, app.DeadLetters.Count);
        return calls;
    }
}
