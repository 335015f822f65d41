using Azure.Storage.Queues;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;

namespace PaymentMonitor.Azure.Tests;

public sealed class CosmosWebhookEndpointsTests(CosmosServer server) : WebhookEndpointsContract
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    protected override async Task<IWebhookEndpoints> NewStoreAsync() => new CosmosWebhookEndpoints(await server.NewDatabaseAsync(), _time);

    [Fact]
    public async Task What_another_instance_has_written_is_seen_within_seconds()
    {
        var token = TestContext.Current.CancellationToken;
        var database = await server.NewDatabaseAsync();
        var (one, other) = (new CosmosWebhookEndpoints(database, _time), new CosmosWebhookEndpoints(database, _time));
        Assert.Empty(await one.ListAsync(token));

        await other.TryWriteAsync(new WebhookEndpoint("ep_1", new Uri("https://a.example/"), [], [], [], _time.GetUtcNow()), token);

        Assert.Empty(await one.ListAsync(token));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Single(await one.ListAsync(token));
    }
}

public sealed class CosmosWebhookCursorsTests(CosmosServer server, AzuriteServer azurite) : WebhookCursorsContract, IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private CosmosWebhookCursors? _cursors;
    private CosmosWebhookLog? _log;
    private QueueClient? _queue;
    private CosmosWire? _wire;

    protected override IWebhookCursors Cursors => _cursors!;

    protected override IWebhookLog Log => _log!;

    protected override DateTimeOffset Now => _time.GetUtcNow();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_signal_is_a_message_that_names_endpoint_and_order_and_nothing_more()
    {
        await ReadyAsync();

        await Cursors.SignalAsync([new WebhookSignal(Key("ep_1", "m-1", "o-1"), 3)], Stop);

        var message = Assert.Single((await _queue!.ReceiveMessagesAsync(32, cancellationToken: Stop)).Value);
        Assert.Equal("""{"endpointId":"ep_1","machineId":"m-1","orderId":"o-1"}""", message.MessageText);
        Assert.Equal(Key("ep_1", "m-1", "o-1"), CosmosWebhookCursors.KeyOf(message.MessageText));
    }

    [Fact]
    public async Task A_retry_has_a_message_that_is_not_visible_before_its_time()
    {
        await ReadyAsync();
        var key = Key("ep_1", "m-1", "o-1");
        await Cursors.LeaseAsync(key, Stop);

        await Cursors.ChangeAsync(key, cursor => cursor.Failed(Now.AddMinutes(5), Now), null, release: true, Stop);

        Assert.Empty((await _queue!.ReceiveMessagesAsync(32, cancellationToken: Stop)).Value);
        Assert.Equal(1, (await _queue.GetPropertiesAsync(Stop)).Value.ApproximateMessagesCount);
    }

    [Fact]
    public async Task News_of_an_order_that_somebody_is_delivering_come_again_when_the_lease_is_over()
    {
        await ReadyAsync();
        var key = Key("ep_1", "m-1", "o-1");
        await Cursors.LeaseAsync(key, Stop);

        Assert.Null(await Cursors.LeaseAsync(key, Stop));

        Assert.Equal(1, (await _queue!.GetPropertiesAsync(Stop)).Value.ApproximateMessagesCount);
    }

    [Fact]
    public async Task A_lease_of_an_instance_that_died_ends_by_itself()
    {
        await ReadyAsync();
        var key = Key("ep_1", "m-1", "o-1");
        await Cursors.LeaseAsync(key, Stop);

        _time.Advance(TimeSpan.FromMinutes(2));

        Assert.NotNull(await Cursors.LeaseAsync(key, Stop));
    }

    [Fact]
    public async Task An_attempt_is_in_the_log_once_although_its_cursor_was_changed_meanwhile()
    {
        await ReadyAsync();
        var key = Key("ep_1", "m-1", "o-1");
        var attempt = new DeliveryAttempt(key, 1, "order.paid", 1, Now, AttemptOutcome.Delivered, 200, null, 5, "ok", null);
        await Cursors.LeaseAsync(key, Stop);
        var interfered = false;
        _wire!.BeforeWrite(async () =>
        {
            if (!interfered)
            {
                interfered = true;
                await Cursors.ChangeAsync(key, cursor => cursor.Resend(1, Now), null, release: false, Stop);
            }
        });

        var changed = await Cursors.ChangeAsync(key, cursor => cursor.Delivered(1, Now), attempt, release: true, Stop);

        Assert.Equal(2, changed.Next);
        Assert.Single((await Log.ListAsync(new AttemptQuery("ep_1"), Stop)).Attempts);
    }

    public void Dispose() => _wire?.Dispose();

    protected override void Advance(TimeSpan time) => _time.Advance(time);

    protected override async Task ReadyAsync()
    {
        _wire = new CosmosWire();
        var database = await server.NewDatabaseAsync(_wire);
        _queue = (await azurite.QueuesAsync()).GetQueueClient($"webhooks-{Guid.NewGuid():n}");
        await _queue.CreateAsync(cancellationToken: Stop);
        _cursors = new CosmosWebhookCursors(database, _queue, _time);
        _log = new CosmosWebhookLog(database);
    }
}
