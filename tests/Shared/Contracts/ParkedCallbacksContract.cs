using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Testing;

/// <summary>What every keeper of parked callbacks must do.</summary>
public abstract class ParkedCallbacksContract
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected abstract Task<IParkedCallbacks> NewAsync();

    [Fact]
    public async Task What_is_parked_is_listed_oldest_first_as_it_came()
    {
        var parked = await NewAsync();
        await parked.ParkAsync(Callback("call-2", minutes: 2), Stop);
        await parked.ParkAsync(Callback("call-3", minutes: 3), Stop);
        await parked.ParkAsync(Callback("msg_1.a:b", minutes: 4), Stop);

        var all = await parked.ListAsync(10, Stop);

        Assert.Equal(["call-2", "call-3", "msg_1.a:b"], all.Select(callback => callback.Id));
        Assert.Equal(Callback("call-2", 2).Body.ToArray(), all[0].Body.ToArray());
        Assert.Equal((PaymentReference.Parse("R-1"), Noon.AddMinutes(2)), (all[0].Reference, all[0].ParkedAt));
        Assert.Equal(2, (await parked.ListAsync(2, Stop)).Count);
    }

    [Fact]
    public async Task A_repeat_is_one_and_keeps_the_time_of_the_first()
    {
        var parked = await NewAsync();
        await parked.ParkAsync(Callback("call-1", minutes: 1), Stop);
        await parked.ParkAsync(Callback("call-1", minutes: 5), Stop);

        Assert.Equal(Noon.AddMinutes(1), Assert.Single(await parked.ListAsync(10, Stop)).ParkedAt);
    }

    [Fact]
    public async Task What_is_removed_is_gone_and_removing_it_again_changes_nothing()
    {
        var parked = await NewAsync();
        await parked.ParkAsync(Callback("call-1", minutes: 1), Stop);
        await parked.ParkAsync(Callback("call-2", minutes: 2), Stop);

        await parked.RemoveAsync("call-1", Stop);
        await parked.RemoveAsync("call-1", Stop);

        Assert.Equal("call-2", Assert.Single(await parked.ListAsync(10, Stop)).Id);
    }

    private static ParkedCallback Callback(string id, int minutes) => new(id, PaymentReference.Parse("R-1"), Noon.AddMinutes(minutes), "{\"a\":1}"u8.ToArray());
}
