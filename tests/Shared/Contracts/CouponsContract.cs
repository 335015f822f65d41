using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Testing;

/// <summary>What every keeper of coupons must do.</summary>
public abstract class CouponsContract
{
    // Whatever a customer may type, also what no path or id of a store may have.
    private const string Code = "50% off/é?#\\";

    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected abstract Task<ICoupons> NewAsync();

    [Fact]
    public async Task A_code_is_held_by_the_first_order_that_reserves_it()
    {
        var coupons = await NewAsync();

        Assert.True(await ReserveAsync(coupons, "o-1"));
        Assert.False(await ReserveAsync(coupons, "o-2"));
        Assert.True(await ReserveAsync(coupons, "o-1"));
        Assert.Equal(new Coupon(Code, Order("o-1"), Noon.AddHours(1)), await coupons.FindAsync(Code, Stop));
    }

    [Fact]
    public async Task Of_many_that_reserve_at_once_one_holds_it()
    {
        var coupons = await NewAsync();

        var held = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => ReserveAsync(coupons, $"o-{i}")));

        Assert.Single(held, isHeld => isHeld);
    }

    [Fact]
    public async Task A_reservation_that_has_run_out_holds_nothing()
    {
        var coupons = await NewAsync();
        await ReserveAsync(coupons, "o-1");

        Assert.False(await ReserveAsync(coupons, "o-2", Noon.AddMinutes(59)));
        Assert.True(await ReserveAsync(coupons, "o-2", Noon.AddHours(1)));
        Assert.False(await coupons.CommitAsync(Code, Order("o-1"), Stop));
        Assert.Equal(Order("o-2"), (await coupons.FindAsync(Code, Stop))!.Order);
    }

    [Fact]
    public async Task A_code_that_is_used_never_runs_out()
    {
        var coupons = await NewAsync();
        await ReserveAsync(coupons, "o-1");

        Assert.True(await coupons.CommitAsync(Code, Order("o-1"), Stop));
        Assert.True(await coupons.CommitAsync(Code, Order("o-1"), Stop));

        Assert.False(await ReserveAsync(coupons, "o-2", Noon.AddYears(1)));
        Assert.True(await ReserveAsync(coupons, "o-1", Noon.AddYears(1)));
        Assert.Null((await coupons.FindAsync(Code, Stop))!.ExpiresAt);
    }

    [Fact]
    public async Task An_order_frees_its_own_code_and_no_other()
    {
        var coupons = await NewAsync();
        await ReserveAsync(coupons, "o-1");

        await coupons.ReleaseAsync(Code, Order("o-2"), Stop);
        Assert.NotNull(await coupons.FindAsync(Code, Stop));
        await coupons.ReleaseAsync(Code, Order("o-1"), Stop);
        await coupons.ReleaseAsync(Code, Order("o-1"), Stop);

        Assert.Null(await coupons.FindAsync(Code, Stop));
        Assert.True(await ReserveAsync(coupons, "o-2"));
    }

    [Fact]
    public async Task An_order_that_is_paid_without_a_reservation_uses_the_code_all_the_same()
    {
        var coupons = await NewAsync();

        Assert.True(await coupons.CommitAsync(Code, Order("o-1"), Stop));
        Assert.False(await ReserveAsync(coupons, "o-2"));
    }

    private static Task<bool> ReserveAsync(ICoupons coupons, string order, DateTimeOffset? now = null) =>
        coupons.TryReserveAsync(Code, Order(order), now ?? Noon, (now ?? Noon).AddHours(1), Stop).AsTask();

    private static OrderKey Order(string id) => new(MachineId.Parse("m-1"), OrderId.Parse(id));
}
