using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Testing;

/// <summary>What every keeper of the risk reference data must do.</summary>
public abstract class RiskBookContract
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected abstract Task<IRiskBook> NewAsync();

    [Fact]
    public async Task Entries_are_listed_as_they_were_set()
    {
        var book = await NewAsync();
        var limit = new RiskEntry(RiskKind.Limit, RiskScope.Machine, "m-1", "Small.", "li", Noon, 3, 900);
        var coupon = new RiskEntry(RiskKind.Deny, RiskScope.Coupon, "50% off/é?#\\", "Leaked.", "li", Noon);
        await book.SetAsync(limit, Stop);
        await book.SetAsync(coupon, Stop);

        Assert.Equal([coupon, limit], (await book.ListAsync(Stop)).OrderBy(entry => entry.Kind));
    }

    [Fact]
    public async Task An_entry_takes_the_place_of_the_one_before_it()
    {
        var book = await NewAsync();
        await book.SetAsync(new RiskEntry(RiskKind.Limit, RiskScope.Fleet, "", "First.", "li", Noon, 3), Stop);
        await book.SetAsync(new RiskEntry(RiskKind.Limit, RiskScope.Fleet, "", "Second.", "maria", Noon.AddMinutes(1), 5), Stop);

        Assert.Equal((5, "maria"), Assert.Single((await book.ListAsync(Stop)).Select(entry => (entry.OrdersPerHour, entry.By))));
    }

    [Fact]
    public async Task What_is_removed_is_answered_once()
    {
        var book = await NewAsync();
        var stop = new RiskEntry(RiskKind.Stop, RiskScope.Fleet, "", "Incident.", "li", Noon);
        await book.SetAsync(stop, Stop);

        Assert.Equal(stop, await book.RemoveAsync(stop.Id, "maria", "Fixed.", Noon.AddHours(1), Stop));
        Assert.Null(await book.RemoveAsync(stop.Id, "maria", "Fixed.", Noon.AddHours(1), Stop));
        Assert.Empty(await book.ListAsync(Stop));
    }

    [Fact]
    public async Task Every_change_is_remembered_newest_first()
    {
        var book = await NewAsync();
        var stop = new RiskEntry(RiskKind.Stop, RiskScope.Fleet, "", "Incident.", "li", Noon);
        await book.SetAsync(stop, Stop);
        await book.RemoveAsync(stop.Id, "maria", "Fixed.", Noon.AddHours(1), Stop);
        await book.SetAsync(stop with { At = Noon.AddHours(2), Reason = "Again." }, Stop);

        var history = await book.HistoryAsync(10, Stop);

        Assert.Equal([(false, "li", "Again."), (true, "maria", "Fixed."), (false, "li", "Incident.")], history.Select(change => (change.IsRemoved, change.By, change.Reason)));
        Assert.Equal(stop, history[1].Entry);
        Assert.Equal("Again.", Assert.Single(await book.HistoryAsync(1, Stop)).Reason);
    }
}
