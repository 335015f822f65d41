using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Tests.Server;

/// <summary>A coupon is good for one order: reserved by its creation, used by its payment, freed by its close.</summary>
public sealed class CouponTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task An_order_whose_coupon_another_holds_closes_before_anyone_pays()
    {
        await using var server = await TestServer.StartAsync();
        await using var first = await server.NewMachineAsync("m-1");
        await using var second = await server.NewMachineAsync("m-2");

        await first.SayAsync("o-1", WithCoupon());
        await second.SayAsync("o-1", WithCoupon());

        var close = await second.NextDecisionAsync();
        Assert.Equal((DecisionKinds.TradeClosed, "denied"), (close.Kind, close.Reason));
        Assert.Equal("coupon-taken", Assessed(await server.OrderAsync("m-2", "o-1")));
        Assert.Equal("Created", (await server.OrderAsync("m-1", "o-1"))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task Of_many_machines_that_use_a_coupon_at_once_one_sells()
    {
        await using var server = await TestServer.StartAsync();
        var machines = await Task.WhenAll(Enumerable.Range(1, 12).Select(i => server.NewMachineAsync($"m-{i}")));

        await Task.WhenAll(machines.Select(machine => machine.SayAsync("o-1", WithCoupon(), TestMachine.Paid("p-1"))));
        var decisions = await Task.WhenAll(machines.Select(machine => machine.NextDecisionAsync()));

        Assert.Single(decisions, decision => decision.Kind == DecisionKinds.ShipmentAllowed);
        Assert.Equal(11, decisions.Count(decision => decision.Kind == DecisionKinds.TradeClosed));
        foreach (var machine in machines)
        {
            await machine.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_paid_order_has_used_its_coupon_for_good()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", WithCoupon(), TestMachine.Paid("p-1"), new OrderEvent.ShipmentCompleted());
        await server.StopAsync();
        _time.Advance(TimeSpan.FromDays(30));

        await server.StartAgainAsync();
        await using var other = await server.NewMachineAsync("m-2");
        await other.SayAsync("o-2", WithCoupon());

        Assert.Equal(DecisionKinds.TradeClosed, (await other.NextDecisionAsync()).Kind);
        Assert.Null((await FindAsync(server))!.ExpiresAt);
    }

    [Fact]
    public async Task A_closed_order_gives_its_coupon_back_and_a_late_word_of_it_does_not_take_the_next_ones()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", WithCoupon(), new OrderEvent.Cancelled());
        Assert.Equal(Reports.Key("m-1", "o-1"), (await FindAsync(server))!.Order);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("cancelled", (await machine.NextDecisionAsync()).Reason);
        Assert.Null(await FindAsync(server));

        await machine.SayAsync("o-2", WithCoupon());
        await machine.SayAsync("o-1", TestMachine.Paid("p-1"));

        Assert.Equal(Reports.Key("m-1", "o-2"), (await FindAsync(server))!.Order);
    }

    [Fact]
    public async Task A_reservation_that_nobody_settled_runs_out()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        await using var machine = await server.NewMachineAsync();
        var coupons = server.Services.GetRequiredService<ICoupons>();
        var now = _time.GetUtcNow();
        await coupons.TryReserveAsync("SPRING25", Reports.Key("m-9", "o-9"), now, now.AddMinutes(1), TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromMinutes(1));

        await machine.SayAsync("o-1", WithCoupon(), TestMachine.Paid("p-1"));

        Assert.Equal(DecisionKinds.ShipmentAllowed, (await machine.NextDecisionAsync()).Kind);
    }

    [Fact]
    public async Task A_creation_that_is_sent_twice_reserves_once()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();

        await machine.SayAsync("o-1", WithCoupon(), WithCoupon(), TestMachine.Paid("p-1"));

        Assert.Equal(DecisionKinds.ShipmentAllowed, (await machine.NextDecisionAsync()).Kind);
    }

    [Fact]
    public async Task A_creation_that_is_repeated_after_its_order_closed_takes_no_coupon()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        await using var first = await server.NewMachineAsync("m-1");
        await using var second = await server.NewMachineAsync("m-2");
        await first.SayAsync("o-1", WithCoupon(), new OrderEvent.Cancelled());
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("cancelled", (await first.NextDecisionAsync()).Reason);

        await first.SayAsync("o-1", WithCoupon());

        Assert.Null(await FindAsync(server));
        await second.SayAsync("o-1", WithCoupon(), TestMachine.Paid("p-1"));
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await second.NextDecisionAsync()).Kind);
    }

    [Fact]
    public async Task Of_two_paid_orders_with_one_coupon_the_second_is_counted()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        await using var first = await server.NewMachineAsync("m-1");
        await using var second = await server.NewMachineAsync("m-2");
        var lost = 0L;
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "paymentmonitor.coupons.lost" && instrument.Meter.Scope == server.Services.GetRequiredService<IMeterFactory>())
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref lost, count));
        meters.Start();
        await first.SayAsync("o-1", WithCoupon());

        // Its reservation is another's: run out, as if its machine had been silent for so long.
        await server.Services.GetRequiredService<ICoupons>().ReleaseAsync("SPRING25", Reports.Key("m-1", "o-1"), TestContext.Current.CancellationToken);
        await second.SayAsync("o-1", WithCoupon(), TestMachine.Paid("p-1"));
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await second.NextDecisionAsync()).Kind);
        await first.SayAsync("o-1", TestMachine.Paid("p-1"));
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await first.NextDecisionAsync()).Kind);

        await first.SayAsync("o-1", new OrderEvent.ShipmentCompleted());
        Assert.Equal(DecisionKinds.TradeCompleted, (await first.NextDecisionAsync()).Kind);
        Assert.Equal(1, Interlocked.Read(ref lost));
        Assert.Equal(Reports.Key("m-2", "o-1"), (await FindAsync(server))!.Order);
    }

    private static OrderEvent.Created WithCoupon()
    {
        return new OrderEvent.Created(250, Currency.Parse("EUR"), Channel.Parse("card-terminal"), 300, CouponCode: "SPRING25");
    }

    private static ValueTask<Coupon?> FindAsync(TestServer server) =>
        server.Services.GetRequiredService<ICoupons>().FindAsync("SPRING25", TestContext.Current.CancellationToken);

    private static string Assessed(JsonNode order) =>
        order["events"]!.AsArray().Single(e => e!["type"]!.GetValue<string>() == "order.assessed")!["data"]!["by"]!.GetValue<string>();
}
