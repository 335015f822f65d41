using PaymentMonitor.Contracts;

namespace PaymentMonitor.Tests.Embedded;

public sealed class OrderFeedTests : IAsyncDisposable
{
    private readonly StoreUnderTest _store = StoreUnderTest.Started();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_consumer_reads_what_changed_since_it_joined_in_order()
    {
        await CreateAsync("before");
        var position = await _store.Store.Feed.JoinAsync("webhooks", Token);
        await CreateAsync("o-1", "o-2", "o-3");

        var first = await _store.Store.Feed.ReadAsync(position, 2, Token);
        var second = await _store.Store.Feed.ReadAsync(first.Position, 2, Token);
        var nothing = await _store.Store.Feed.ReadAsync(second.Position, 2, Token);

        Assert.Equal(["o-1", "o-2"], first.Orders.Select(order => order.OrderId.Value));
        Assert.Equal(["o-3"], second.Orders.Select(order => order.OrderId.Value));
        Assert.Empty(nothing.Orders);
        Assert.Equal(second.Position, nothing.Position);
    }

    [Fact]
    public async Task An_order_that_changed_often_is_read_once_as_it_is_now()
    {
        var position = await _store.Store.Feed.JoinAsync("webhooks", Token);
        await CreateAsync("o-1");
        await _store.Store.Log.AppendAsync(Reports.Paid("m-1", "o-1", _store.Time.GetUtcNow()), Token);

        var page = await _store.Store.Feed.ReadAsync(position, 10, Token);

        Assert.Equal(1, Assert.Single(page.Orders).Version);
    }

    [Fact]
    public async Task A_position_survives_a_restart()
    {
        var position = await _store.Store.Feed.JoinAsync("webhooks", Token);
        await CreateAsync("o-1", "o-2");
        await _store.Store.Feed.SaveAsync("webhooks", position + 1, Token);
        await _store.ReopenAsync();

        var page = await _store.Store.Feed.ReadAsync(await _store.Store.Feed.JoinAsync("webhooks", Token), 10, Token);

        Assert.Equal("o-2", Assert.Single(page.Orders).OrderId.Value);
        await CreateAsync("o-3");
        Assert.Equal("o-3", Assert.Single((await _store.Store.Feed.ReadAsync(page.Position, 10, Token)).Orders).OrderId.Value);
    }

    [Fact]
    public async Task Rows_stay_until_the_slowest_consumer_has_read_them()
    {
        var position = await _store.Store.Feed.JoinAsync("fast", Token);
        await _store.Store.Feed.JoinAsync("slow", Token);
        await CreateAsync("o-1", "o-2", "o-3");
        await _store.Store.Feed.SaveAsync("fast", position + 3, Token);
        Assert.Equal(3, _store.Count("SELECT count(*) FROM feed"));

        await _store.Store.Feed.SaveAsync("slow", position + 2, Token);

        Assert.Equal(1, _store.Count("SELECT count(*) FROM feed"));
    }

    [Fact]
    public async Task Without_a_consumer_no_rows_are_kept()
    {
        await CreateAsync("o-1");
        Assert.Equal(0, _store.Count("SELECT count(*) FROM feed"));

        await _store.Store.Feed.JoinAsync("webhooks", Token);
        await _store.Store.Feed.LeaveAsync("webhooks", Token);
        await CreateAsync("o-2");

        Assert.Equal(0, _store.Count("SELECT count(*) FROM feed"));
    }

    [Fact]
    public async Task A_confirmation_is_not_in_the_feed_and_subscribers_see_only_that_it_moved()
    {
        await CreateAsync("o-1");
        await _store.Store.Log.AppendAsync(Reports.Paid("m-1", "o-1", _store.Time.GetUtcNow()), Token);
        var position = await _store.Store.Feed.JoinAsync("webhooks", Token);
        var changes = _store.Store.Subscribe(4);

        await _store.Store.Orders.ConfirmAsync(MachineId.Parse("m-1"), [new(OrderId.Parse("o-1"), 1)], Token);

        Assert.Empty((await _store.Store.Feed.ReadAsync(position, 10, Token)).Orders);
        Assert.True(changes.TryRead(out var told));
        var (before, after) = Assert.Single(told);
        Assert.Equal(before! with { ConfirmedVersion = 1 }, after);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private async Task CreateAsync(params string[] orders)
    {
        foreach (var order in orders)
        {
            await _store.Store.Log.AppendAsync(Reports.Created("m-1", order, _store.Time.GetUtcNow()), Token);
        }
    }
}
