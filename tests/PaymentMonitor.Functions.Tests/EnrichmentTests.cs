using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;
using static PaymentMonitor.Testing.Reports;

namespace PaymentMonitor.Functions.Tests;

/// <summary>Orders of the Functions app that are refused, and their coupons.</summary>
public sealed class EnrichmentTests(CosmosServer server)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_kill_switch_closes_what_would_have_been_allowed()
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();
        await app.Risk.SetAsync(new RiskEntry(RiskKind.Stop, RiskScope.Fleet, "", "Incident.", "li", Noon), Stop);

        await app.ReportAsync(Paid(Order1, Noon));
        await app.RunAsync();

        Assert.Equal(["trade.closed"], (await app.ReadOrderAsync()).Decisions.Select(decision => decision.Kind));
    }

    [Fact]
    public async Task A_machine_at_its_limit_is_refused_through_the_log()
    {
        using var app = await TestApp.StartAsync(server);
        await app.Risk.SetAsync(new RiskEntry(RiskKind.Limit, RiskScope.Machine, "m-1", "Broken.", "li", Noon, OrdersPerHour: 0), Stop);

        await app.ReportAsync(Created(Order1, Noon), Paid(Order1, Noon));
        await app.RunAsync();

        var order = await app.ReadOrderAsync();
        Assert.Equal(["denied"], order.Decisions.Select(decision => decision.Reason));
        Assert.Contains(order.Envelopes, envelope => envelope.Event.Body is OrderEvent.Assessed { By: "limit/machine" });
    }

    [Fact]
    public async Task An_order_that_is_paid_uses_its_coupon_and_one_that_closes_frees_it()
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(WithCoupon(Order1, "USED"), Paid(Order1, Noon));
        var other = new OrderKey(Order1.MachineId, OrderId.Parse("o-2"));
        await app.Coupons.TryReserveAsync("FREED", other, Noon, Noon.AddHours(1), Stop);
        await app.ReportAsync(WithCoupon(other, "FREED"), Of(other, "cancelled", new OrderEvent.Cancelled(), Noon));
        await app.RunAsync();
        Assert.NotNull(await app.Coupons.FindAsync("FREED", Stop));

        await app.AdvanceAsync(TimeSpan.FromSeconds(6));

        Assert.Equal(new Coupon("USED", Order1, null), await app.Coupons.FindAsync("USED", Stop));
        Assert.Null(await app.Coupons.FindAsync("FREED", Stop));
    }

    private static Report WithCoupon(OrderKey order, string code)
    {
        var created = new OrderEvent.Created(250, Currency.Parse("EUR"), Channel.Parse("card-terminal"), 300, CouponCode: code);
        return Of(order, "created", created, Noon);
    }
}
