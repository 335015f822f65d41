using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;
using PaymentMonitor.Tests.Embedded;

namespace PaymentMonitor.Tests.Webhooks;

public sealed class EmbeddedWebhookEndpointsTests : WebhookEndpointsContract, IAsyncDisposable
{
    private readonly StoreUnderTest _store = StoreUnderTest.Started();

    protected override Task<IWebhookEndpoints> NewStoreAsync() => Task.FromResult<IWebhookEndpoints>(_store.Store.WebhookEndpoints);

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}

public sealed class EmbeddedWebhookCursorsTests : WebhookCursorsContract, IAsyncDisposable
{
    private readonly StoreUnderTest _store = StoreUnderTest.Started();

    protected override IWebhookCursors Cursors => _store.Store.WebhookCursors;

    protected override IWebhookLog Log => _store.Store.WebhookLog;

    protected override DateTimeOffset Now => _store.Time.GetUtcNow();

    [Fact]
    public async Task What_is_old_and_what_belongs_to_no_endpoint_is_taken_out()
    {
        var token = TestContext.Current.CancellationToken;
        await _store.Store.WebhookEndpoints.TryWriteAsync(new WebhookEndpoint("ep_1", new Uri("https://a.example/"), [], [], [], Now), token);
        await WriteAsync("ep_1", "old");
        await WriteAsync("ep_2", "orphan");
        Advance(WebhookOptions.Retention + TimeSpan.FromMinutes(1));
        await WriteAsync("ep_1", "new");

        await _store.Store.WebhookLog.TrimAsync(token);
        await _store.Store.WebhookCursors.TrimAsync(token);

        Assert.Equal("new", Assert.Single((await Log.ListAsync(new AttemptQuery("ep_1"), token)).Attempts).Key.Order.OrderId.Value);
        Assert.Equal(1, _store.Count("SELECT count(*) FROM webhook_cursors"));
        Assert.Equal(1, _store.Count("SELECT count(*) FROM webhook_attempts"));
    }

    protected override void Advance(TimeSpan time) => _store.Time.Advance(time);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private async Task WriteAsync(string endpoint, string order)
    {
        var key = Key(endpoint, "m-1", order);
        var attempt = new DeliveryAttempt(key, 1, "order.paid", 1, Now, AttemptOutcome.Delivered, 200, null, 5, "", null);
        await Cursors.ChangeAsync(key, cursor => cursor.Delivered(1, Now), attempt, release: false, TestContext.Current.CancellationToken);
    }
}
