using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;
using PaymentMonitor.Tests.Embedded;
using static PaymentMonitor.Tests.Provider.ScriptedProvider;

namespace PaymentMonitor.Tests.Provider;

public sealed class ErrandLoopTests : IAsyncDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private readonly StoreUnderTest _store = StoreUnderTest.Started();
    private readonly ScriptedProvider _provider = new();
    private readonly List<ErrandLoop> _loops = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DateTimeOffset Now => _store.Time.GetUtcNow();

    public async ValueTask DisposeAsync()
    {
        foreach (var loop in _loops)
        {
            await StopAsync(loop);
        }

        await _store.DisposeAsync();
        _provider.Dispose();
    }

    [Fact]
    public async Task A_claim_is_asked_about_as_soon_as_it_is_stored()
    {
        _provider.Answer = _ => State("paid", Payment(Now));
        await StartAsync();

        await CreateAsync("o-1");
        await ClaimAsync("o-1");

        await UntilAsync("o-1", order => order.Status is OrderStatus.ShipmentAllowed);
        Assert.Equal("GET /v1/payments/ref-1", Assert.Single(_provider.Calls).ToString());
        Assert.Equal(0, _store.Count("SELECT count(*) FROM errands"));
    }

    [Fact]
    public async Task What_was_outstanding_before_a_restart_is_done_after_it()
    {
        await CreateAsync("o-1");
        await ClaimAsync("o-1");
        await _store.ReopenAsync();
        Assert.Equal(1, _store.Count("SELECT count(*) FROM errands"));
        _provider.Answer = _ => State("paid", Payment(Now));

        await StartAsync();

        await UntilAsync("o-1", order => order.Status is OrderStatus.ShipmentAllowed);
    }

    [Fact]
    public async Task A_provider_that_is_down_for_an_hour_holds_up_nothing_and_is_asked_until_it_answers()
    {
        await StartAsync();
        await CreateAsync("o-1");
        _store.Time.Advance(TimeSpan.FromSeconds(66));
        await _provider.NextCallAsync();

        // Meanwhile others pay and ship, on the same machine.
        await _store.Store.Log.AppendAsync(Reports.Created("m-1", "cash-1", Now), Token);
        await _store.Store.Log.AppendAsync(Reports.Paid("m-1", "cash-1", Now), Token);
        await UntilAsync("cash-1", order => order.Status is OrderStatus.ShipmentAllowed);

        _store.Time.Advance(TimeSpan.FromHours(1));
        await UntilAsync("o-1", order => order.Status is OrderStatus.Unresolved && order.Errands is ProviderErrands.Overdue);
        _provider.Answer = _ => State("closed");
        await UntilAsync("o-1", order => order.Status is OrderStatus.Closed, advance: TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Customers_do_not_wait_behind_refunds_that_hang()
    {
        var hanging = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var refunds = new ConcurrentBag<string>();
        _provider.Meanwhile = call =>
        {
            if (call.IdempotencyKey is not { } refund)
            {
                return Task.CompletedTask;
            }

            refunds.Add(refund);
            return hanging.Task;
        };
        _provider.Answer = call => call.IdempotencyKey is { } refund ? Refund("completed", refundId: refund) : State("paid", Payment(Now));
        await StartAsync();
        for (var i = 0; i < 20; i++)
        {
            // Money for an order that nobody creates: it goes back after the hold.
            await AppendAsync($"lost-{i}", "paid", new OrderEvent.PaymentSucceeded(PaymentId.Parse($"lost-{i}"), 250), EventSource.Provider);
        }

        _store.Time.Advance(TimeSpan.FromMinutes(15));
        await SpinAsync(() => refunds.Count == 16);

        await CreateAsync("o-1");
        await ClaimAsync("o-1");
        await UntilAsync("o-1", order => order.Status is OrderStatus.ShipmentAllowed);

        hanging.SetResult();
        for (var i = 0; i < 20; i++)
        {
            await UntilAsync($"lost-{i}", order => order.Errands is ProviderErrands.None, advance: TimeSpan.FromSeconds(1));
        }

        Assert.Equal(20, refunds.Distinct().Count());
    }

    [Fact]
    public async Task A_refund_whose_answer_a_crash_swallowed_is_asked_for_again_under_the_same_key()
    {
        var loop = await StartAsync();
        await AppendAsync("lost-1", "paid", new OrderEvent.PaymentSucceeded(PaymentId.Parse("lost-1"), 250), EventSource.Provider);
        _provider.Answer = call => Refund("completed", refundId: call.IdempotencyKey!);
        _provider.Meanwhile = _ => new TaskCompletionSource().Task.WaitAsync(Guard);
        _store.Time.Advance(TimeSpan.FromMinutes(15));

        // The provider has made the refund; the process ends before it hears of that.
        var first = await _provider.NextCallAsync();
        _loops.Clear();
        using (var killed = new CancellationTokenSource())
        {
            await killed.CancelAsync();
            await loop.StopAsync(killed.Token);
        }

        await _store.ReopenAsync();
        Assert.Equal(ProviderErrands.Refund, (await UntilAsync("lost-1", _ => true)).Errands);
        _provider.Meanwhile = _ => Task.CompletedTask;
        await StartAsync();

        var order = await UntilAsync("lost-1", stored => stored.Errands is ProviderErrands.None);
        Assert.Equal(first.IdempotencyKey, (await _provider.NextCallAsync()).IdempotencyKey);
        Assert.Single(order.Envelopes, envelope => envelope.Event.Body is OrderEvent.RefundCompleted);
    }

    [Fact]
    public async Task More_orders_than_fit_wait_in_the_store_for_their_turn()
    {
        await CreateAsync("o-1", "ref-1");
        await CreateAsync("o-2", "ref-2");
        await CreateAsync("o-3", "ref-3");
        _store.Time.Advance(TimeSpan.FromSeconds(66));
        await UntilAsync("o-3", order => order.Errands is ProviderErrands.Expiry);
        _provider.Answer = call => Json($$"""{"paymentRef":"{{call.Path.Split('/')[3]}}","status":"closed","payments":[]}""");

        await StartAsync(ordersMax: 1);

        foreach (var order in new[] { "o-1", "o-2", "o-3" })
        {
            await UntilAsync(order, stored => stored.Status is OrderStatus.Closed, advance: TimeSpan.FromSeconds(10));
        }
    }

    [Fact]
    public async Task A_minute_of_lag_in_the_log_closes_no_order_that_was_paid()
    {
        _provider.Answer = _ => new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
        await StartAsync();
        await CreateAsync("o-1");
        _store.Time.Advance(TimeSpan.FromSeconds(50));
        using var lag = await HeldLoop.HoldAsync(_store.Store.Loop);

        // Paid in time; the callback waits in the log, and the deadline passes meanwhile.
        var callback = _store.Store.Log.AppendAsync(Provided("o-1", "callback", new OrderEvent.PaymentSucceeded(PaymentId.Parse("p-1"), 250)), Token);
        _store.Time.Advance(TimeSpan.FromSeconds(60));
        lag.Release();
        await callback;

        var order = await UntilAsync("o-1", stored => stored.Decisions.Length > 0);
        Assert.Equal(DecisionKinds.ShipmentAllowed, order.Decisions[0].Kind);
        Assert.Empty(_provider.Calls);
    }

    [Fact]
    public async Task A_minute_of_lag_after_the_answer_keeps_the_answer_behind_what_came_before_it()
    {
        await StartAsync();
        await CreateAsync("o-1");
        var answers = new TaskCompletionSource<HeldLoop>(TaskCreationOptions.RunContinuationsAsynchronously);
        ValueTask callback = default;
        _provider.Answer = _ => State("closed");
        _provider.Meanwhile = async _ =>
        {
            // The callback of a payment on time and the answer "closed" cross: the callback was appended first.
            var lag = await HeldLoop.HoldAsync(_store.Store.Loop);
            var paid = Provided("o-1", "callback", new OrderEvent.PaymentSucceeded(PaymentId.Parse("p-1"), 250), Now - TimeSpan.FromSeconds(20));
            callback = _store.Store.Log.AppendAsync(paid, Token);
            answers.TrySetResult(lag);
        };
        _store.Time.Advance(TimeSpan.FromSeconds(66));
        using var held = await answers.Task.WaitAsync(Guard, Token);
        _store.Time.Advance(TimeSpan.FromSeconds(60));
        held.Release();
        await callback;

        var order = await UntilAsync("o-1", stored => stored.Decisions.Length > 0);
        Assert.Equal(DecisionKinds.ShipmentAllowed, order.Decisions[0].Kind);
        Assert.DoesNotContain(order.Decisions, decision => decision.Kind == DecisionKinds.TradeClosed);
    }

    private async Task<ErrandLoop> StartAsync(int ordersMax = 10_000)
    {
        var options = new PaymentProviderOptions { Address = new Uri("http://provider.test/v1") };
        var desk = new ProviderDesk(_provider.Client(), options, OrderOptions.Default, _store.Store.Log, _store.Time, _store.Meters, NullLogger<ProviderDesk>.Instance);
        var loop = new ErrandLoop(_store.Store, desk, _store.Time, _store.Meters, NullLogger<ErrandLoop>.Instance) { OrdersMax = ordersMax };
        _loops.Add(loop);
        await loop.StartAsync(Token);
        return loop;
    }

    private static async Task StopAsync(ErrandLoop loop)
    {
        await loop.StopAsync(CancellationToken.None);
        loop.Dispose();
    }

    private Task CreateAsync(string order, string reference = "ref-1") => AppendAsync(
        order, "created", new OrderEvent.Created(250, Reports.Eur, Channel.Parse("qr"), ExpiresInSeconds: 60, PaymentReference.Parse(reference)));

    private Task ClaimAsync(string order) => AppendAsync(order, "claim", new OrderEvent.PaymentSucceeded(PaymentId.Parse("p-1"), 250));

    private async Task AppendAsync(string order, string name, OrderEvent body, EventSource source = EventSource.Machine)
    {
        await _store.Store.Log.AppendAsync(Reports.Of("m-1", order, name, body, Now) with { Source = source }, Token);
    }

    private Report Provided(string order, string name, OrderEvent body, DateTimeOffset? time = null) =>
        Reports.Of("m-1", order, name, body, time ?? Now) with { Source = EventSource.Provider };

    /// <summary>Reads the order until it is as expected, moving the clock between two looks where that cannot do harm.</summary>
    private async Task<Order> UntilAsync(string order, Predicate<Order> isSo, TimeSpan advance = default)
    {
        Order? stored = null;
        await SpinAsync(async () =>
        {
            _store.Time.Advance(advance);
            stored = await _store.Store.Orders.ReadAsync(Reports.Key("m-1", order), Token);
            return stored is not null && isSo(stored);
        });
        return stored!;
    }

    private static Task SpinAsync(Func<bool> isSo) => SpinAsync(() => Task.FromResult(isSo()));

    private static async Task SpinAsync(Func<Task<bool>> isSoAsync)
    {
        using var guard = new CancellationTokenSource(Guard);
        while (!await isSoAsync())
        {
            Assert.False(guard.IsCancellationRequested, "It did not happen.");
            await Task.Yield();
        }
    }
}
