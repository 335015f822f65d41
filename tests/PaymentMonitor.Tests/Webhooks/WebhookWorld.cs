using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;
using PaymentMonitor.Server.Embedded;
using PaymentMonitor.Tests.Embedded;

namespace PaymentMonitor.Tests.Webhooks;

/// <summary>The embedded store with the delivery of webhooks on it and a clock that the test owns; it can be stopped and started again.</summary>
internal sealed class WebhookWorld : IAsyncDisposable
{
    private readonly StoreUnderTest _store;
    private readonly SecretBox _box;
    private readonly Channel<DeliveryAttempt> _booked = System.Threading.Channels.Channel.CreateUnbounded<DeliveryAttempt>();
    private WebhookSender? _sender;
    private WebhookPump? _pump;

    private WebhookWorld(WebhookOptions options)
    {
        Options = options;
        _store = StoreUnderTest.Started();
        Assert.True(SecretBox.TryParse(SecretBox.NewKey(), out _box!));
    }

    internal WebhookOptions Options { get; }

    internal FakeTimeProvider Time => _store.Time;

    internal DateTimeOffset Now => Time.GetUtcNow();

    internal EmbeddedStore Store => _store.Store;

    internal StoreUnderTest Files => _store;

    internal WebhookRegistry Registry { get; private set; } = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static async Task<WebhookWorld> StartAsync(WebhookOptions? options = null)
    {
        var world = new WebhookWorld(options ?? new WebhookOptions { AllowPrivate = true });
        await world.StartPumpAsync();
        return world;
    }

    internal async Task RestartAsync()
    {
        await StopPumpAsync();
        await _store.ReopenAsync();
        await StartPumpAsync();
    }

    internal async Task StopPumpAsync()
    {
        await _pump!.StopAsync(Token);
        _pump.Dispose();
        _sender!.Dispose();
    }

    internal async Task StartPumpAsync()
    {
        _sender = new WebhookSender(_box, Options, Time);
        var metrics = new WebhookMetrics(_store.Meters);
        var cursors = new BookedCursors(Store.WebhookCursors, _booked.Writer);
        var health = new EndpointHealth(Store.WebhookEndpoints, Options, metrics, Time, NullLogger<EndpointHealth>.Instance);
        var delivery = new WebhookDelivery(
            Store.WebhookEndpoints, cursors, Store.Orders, _sender, health, metrics, Time, NullLogger<WebhookDelivery>.Instance);
        Registry = new WebhookRegistry(Store.WebhookEndpoints, Store.WebhookCursors, Store.Orders, _box, _sender, Options, Time);
        _pump = new WebhookPump(Store, delivery, Options, Time, NullLogger<WebhookPump>.Instance);
        await _pump.StartAsync(Token);
    }

    /// <returns>The endpoint's id and its secret.</returns>
    internal async Task<(string Id, string Secret)> SubscribeAsync(Uri url, params string[] types)
    {
        var answer = await Registry.AddAsync(new WebhookTerms(url.AbsoluteUri, types), Token);
        var done = Assert.IsType<WebhookAnswer.Done>(answer);
        return (done.Endpoint.Id, done.Secret!);
    }

    internal async Task AppendAsync(params Report[] reports)
    {
        foreach (var report in reports)
        {
            await Store.Log.AppendAsync(report, Token);
        }
    }

    internal Task CreateAsync(string order, string machine = "m-1") => AppendAsync(Reports.Created(machine, order, Now));

    /// <summary>Created, paid and shipped at once: order.created, order.paid, shipment.allowed, trade.completed.</summary>
    internal Task SellAsync(string order, string machine = "m-1") =>
        AppendAsync(Reports.Created(machine, order, Now), Reports.Paid(machine, order, Now), Reports.Shipped(machine, order, Now));

    /// <summary>The next attempt that was booked.</summary>
    internal async Task<DeliveryAttempt> BookedAsync()
    {
        using var guard = new CancellationTokenSource(WebhookReceiver.Guard);
        return await _booked.Reader.ReadAsync(guard.Token);
    }

    internal async Task<WebhookEndpoint> EndpointAsync(string id) => (await Store.WebhookEndpoints.ReadAsync(id, Token))!;

    internal Task<WebhookCursor> CursorAsync(string endpoint, string order, string machine = "m-1") =>
        Store.WebhookCursors.ChangeAsync(new CursorKey(endpoint, Reports.Key(machine, order)), cursor => cursor, null, release: false, Token).AsTask();

    public async ValueTask DisposeAsync()
    {
        await StopPumpAsync();
        await _store.DisposeAsync();
        _box.Dispose();
    }

    /// <summary>The store's cursors, telling the test what was booked when it is on the disk.</summary>
    private sealed class BookedCursors(IWebhookCursors cursors, ChannelWriter<DeliveryAttempt> booked) : IWebhookCursors
    {
        public ValueTask SignalAsync(IReadOnlyList<WebhookSignal> signals, CancellationToken cancellationToken) => cursors.SignalAsync(signals, cancellationToken);

        public ValueTask<WebhookCursor?> LeaseAsync(CursorKey key, CancellationToken cancellationToken) => cursors.LeaseAsync(key, cancellationToken);

        public async ValueTask<WebhookCursor> ChangeAsync(
            CursorKey key, Func<WebhookCursor, WebhookCursor> change, DeliveryAttempt? attempt, bool release, CancellationToken cancellationToken)
        {
            var changed = await cursors.ChangeAsync(key, change, attempt, release, cancellationToken);
            if (attempt is not null)
            {
                booked.TryWrite(attempt);
            }

            return changed;
        }

        public ValueTask ChangeAllAsync(IReadOnlyList<CursorKey> keys, Func<WebhookCursor, WebhookCursor> change, CancellationToken cancellationToken) =>
            cursors.ChangeAllAsync(keys, change, cancellationToken);

        public ValueTask ReleaseAsync(CursorKey key, CancellationToken cancellationToken) => cursors.ReleaseAsync(key, cancellationToken);

        public ValueTask<CursorPage> ListAsync(string endpointId, CursorFilter filter, string? continuation, CancellationToken cancellationToken) =>
            cursors.ListAsync(endpointId, filter, continuation, cancellationToken);
    }
}
