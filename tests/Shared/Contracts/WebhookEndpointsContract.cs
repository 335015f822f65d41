using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Testing;

/// <summary>What every store of subscriptions must do.</summary>
public abstract class WebhookEndpointsContract
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected abstract Task<IWebhookEndpoints> NewStoreAsync();

    [Fact]
    public async Task An_endpoint_is_read_as_it_was_written()
    {
        var store = await NewStoreAsync();
        var written = Endpoint("ep_1") with
        {
            Types = ["order.paid", "refund.due"],
            Machines = [MachineId.Parse("m-1")],
            Secrets = [new SealedSecret("new", Noon), new SealedSecret("old", Noon.AddDays(-1), Noon.AddHours(1))],
            Description = "the stock",
            FailingSince = Noon.AddMinutes(1),
            DisabledAt = Noon.AddMinutes(2),
            DisabledFor = DisabledReasons.Gone,
        };

        Assert.True(await store.TryWriteAsync(written, Stop));

        var read = await store.ReadAsync("ep_1", Stop);
        Assert.Equal(written.Types, read!.Types);
        Assert.Equal(written.Machines, read.Machines);
        Assert.Equal(written.Secrets, read.Secrets);
        Assert.Equal(written with { Types = [], Machines = [], Secrets = [], Revision = 1 }, read with { Types = [], Machines = [], Secrets = [] });
    }

    [Fact]
    public async Task Endpoints_are_listed_oldest_first()
    {
        var store = await NewStoreAsync();
        await store.TryWriteAsync(Endpoint("ep_b") with { CreatedAt = Noon.AddMinutes(1) }, Stop);
        await store.TryWriteAsync(Endpoint("ep_c") with { CreatedAt = Noon.AddMinutes(2) }, Stop);
        await store.TryWriteAsync(Endpoint("ep_a") with { CreatedAt = Noon.AddMinutes(3) }, Stop);

        Assert.Equal(["ep_b", "ep_c", "ep_a"], (await store.ListAsync(Stop)).Select(endpoint => endpoint.Id));
    }

    [Fact]
    public async Task Of_two_changes_to_the_same_revision_one_is_refused()
    {
        var store = await NewStoreAsync();
        await store.TryWriteAsync(Endpoint("ep_1"), Stop);
        var read = await store.ReadAsync("ep_1", Stop);

        Assert.True(await store.TryWriteAsync(read! with { Description = "first" }, Stop));
        Assert.False(await store.TryWriteAsync(read with { Description = "second" }, Stop));
        Assert.False(await store.TryWriteAsync(Endpoint("ep_1"), Stop));
        Assert.Equal("first", (await store.ReadAsync("ep_1", Stop))!.Description);
        Assert.Equal("first", Assert.Single(await store.ListAsync(Stop)).Description);
    }

    [Fact]
    public async Task A_deleted_endpoint_is_gone()
    {
        var store = await NewStoreAsync();
        await store.TryWriteAsync(Endpoint("ep_1"), Stop);

        Assert.True(await store.DeleteAsync("ep_1", Stop));

        Assert.False(await store.DeleteAsync("ep_1", Stop));
        Assert.Null(await store.ReadAsync("ep_1", Stop));
        Assert.Empty(await store.ListAsync(Stop));
    }

    private static WebhookEndpoint Endpoint(string id) =>
        new(id, new Uri("https://shop.example.com/hooks?a=1"), [], [], [new SealedSecret("sealed", Noon)], Noon) { Since = Noon };
}
