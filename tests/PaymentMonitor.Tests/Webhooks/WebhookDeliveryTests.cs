using System.Net;
using System.Net.Sockets;
using System.Text;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Tests.Webhooks;

/// <summary>Deliveries to a real receiver over HTTP, with everything that can go wrong on the way.</summary>
public sealed class WebhookDeliveryTests : IAsyncLifetime
{
    private WebhookWorld _world = null!;
    private WebhookReceiver _shop = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _world = await WebhookWorld.StartAsync();
        _shop = await WebhookReceiver.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        await _shop.DisposeAsync();
    }

    [Fact]
    public async Task An_order_is_told_in_order_signed_and_with_what_a_receiver_needs_to_drop_what_is_stale()
    {
        var (_, secret) = await _world.SubscribeAsync(_shop.Url);

        await _world.SellAsync("o-1");

        var told = await _shop.NextAsync(4);
        Assert.Equal(["order.created", "order.paid", "shipment.allowed", "trade.completed"], told.Select(delivery => delivery.Type));
        Assert.Equal(["m-1/o-1/1", "m-1/o-1/2", "m-1/o-1/3", "m-1/o-1/4"], told.Select(delivery => delivery.Id));
        Assert.All(told, delivery => Assert.True(delivery.IsSignedBy(secret, _world.Now)));
        Assert.Equal(
            ["1 0", "2 0", "3 1", "4 2"],
            told.Select(delivery => $"{delivery.Json["data"]!["notice"]} {delivery.Json["data"]!["version"]}"));
        Assert.Equal("pay-o-1", told[1].Json["data"]!["paymentId"]!.GetValue<string>());
        Assert.All(told, delivery => Assert.Equal(("m-1", "o-1", 250L), (
            delivery.Json["data"]!["machineId"]!.GetValue<string>(), delivery.Json["data"]!["orderId"]!.GetValue<string>(), delivery.Json["data"]!["amount"]!.GetValue<long>())));
    }

    [Fact]
    public async Task Only_what_was_subscribed_to_is_told_and_only_from_then_on()
    {
        await _world.CreateAsync("before");
        _world.Time.Advance(TimeSpan.FromSeconds(1));
        await _world.SubscribeAsync(_shop.Url, DecisionKinds.TradeCompleted);
        var machine = Assert.IsType<WebhookAnswer.Done>(
            await _world.Registry.AddAsync(new WebhookTerms(_shop.Url + "/2", Machines: ["m-2"], Types: [NoticeTypes.OrderCreated]), Token));

        await _world.AppendAsync(Reports.Paid("m-1", "before", _world.Now), Reports.Shipped("m-1", "before", _world.Now));
        await _world.SellAsync("o-1");
        await _world.SellAsync("o-2", "m-2");

        var told = await _shop.NextAsync(4);
        Assert.Equal(
            ["m-1/before/4", "m-1/o-1/4", "m-2/o-2/1", "m-2/o-2/4"], told.Select(delivery => delivery.Id).Order(StringComparer.Ordinal));
        Assert.Equal("m-2", machine.Endpoint.Machines.Single().Value);
        await BookedAsync(4);
        Assert.False(_shop.HasMore);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(404)]
    [InlineData(301)]
    public async Task What_is_not_taken_is_sent_again_with_the_same_id_and_body_and_holds_up_its_order_only(int status)
    {
        await _world.SubscribeAsync(_shop.Url);
        _shop.Then(status, "not now", ("Location", "http://127.0.0.1:1/"));
        await _world.SellAsync("o-1");
        var first = await _shop.NextAsync();
        var failed = await _world.BookedAsync();

        await _world.CreateAsync("o-2");
        Assert.Equal("m-1/o-2/1", (await _shop.NextAsync()).Id);
        await _world.BookedAsync();
        Assert.False(_shop.HasMore);
        _world.Time.Advance(failed.NextAt!.Value - _world.Now);

        var again = await _shop.NextAsync(4);
        Assert.Equal((AttemptOutcome.Failed, (int?)status, "not now", 1), (failed.Outcome, failed.Status, failed.Answer, failed.Attempt));
        Assert.InRange(failed.NextAt!.Value - failed.Time, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.5));
        Assert.Equal(first.Id, again[0].Id);
        Assert.Equal(first.Body, again[0].Body);
        Assert.Equal(["m-1/o-1/1", "m-1/o-1/2", "m-1/o-1/3", "m-1/o-1/4"], again.Select(delivery => delivery.Id));
        Assert.Equal(2, (await _world.BookedAsync()).Attempt);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_is_given_up_after_its_time()
    {
        var held = new TaskCompletionSource();
        await _world.SubscribeAsync(_shop.Url);
        _shop.Then(_ => held.Task);
        await _world.CreateAsync("o-1");
        await _shop.NextAsync();

        _world.Time.Advance(_world.Options.Timeout);

        var failed = await _world.BookedAsync();
        Assert.Equal((null, DeliveryErrors.Timeout), (failed.Status, failed.Error));
        held.SetResult();
        _world.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("m-1/o-1/1", (await _shop.NextAsync()).Id);
    }

    [Fact]
    public async Task A_connection_that_is_reset_is_a_failure_like_any_other()
    {
        await _world.SubscribeAsync(_shop.Url);
        _shop.Then(WebhookReceiver.Reset);
        await _world.CreateAsync("o-1");
        await _shop.NextAsync();

        Assert.Equal(DeliveryErrors.InvalidAnswer, (await _world.BookedAsync()).Error);
        _world.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("m-1/o-1/1", (await _shop.NextAsync()).Id);
    }

    [Fact]
    public async Task Garbage_is_no_answer()
    {
        using var garbage = new TcpListener(IPAddress.Loopback, 0);
        garbage.Start();
        await _world.SubscribeAsync(new Uri($"http://{garbage.LocalEndpoint}/"));
        await _world.CreateAsync("o-1");

        using (var socket = await garbage.AcceptSocketAsync(Token))
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes("SSH-2.0-OpenSSH_9.2\r\n\r\n"), Token);
            Assert.Equal(DeliveryErrors.InvalidAnswer, (await _world.BookedAsync()).Error);
        }
    }

    [Fact]
    public async Task Nobody_there_is_told_as_such()
    {
        await _world.SubscribeAsync(new Uri("http://127.0.0.1:1/"));
        await _world.CreateAsync("o-1");

        Assert.Equal(DeliveryErrors.ConnectionFailed, (await _world.BookedAsync()).Error);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_receiver_says_itself_when_to_come_back(int status)
    {
        await _world.SubscribeAsync(_shop.Url);
        _shop.Then(status, "", ("Retry-After", "120"));
        await _world.CreateAsync("o-1");

        var failed = await _world.BookedAsync();

        Assert.Equal(_world.Now.AddSeconds(120), failed.NextAt);
        await _shop.NextAsync();
        _world.Time.Advance(TimeSpan.FromSeconds(119));
        Assert.False(_shop.HasMore);
        _world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("m-1/o-1/1", (await _shop.NextAsync()).Id);
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_disabled_and_told_of_nothing_until_it_is_enabled()
    {
        var (id, _) = await _world.SubscribeAsync(_shop.Url);
        _shop.Then(410);
        await _world.CreateAsync("o-1");
        await _shop.NextAsync();
        await _world.BookedAsync();
        Assert.Equal((false, DisabledReasons.Gone), ((await _world.EndpointAsync(id)).IsEnabled, (await _world.EndpointAsync(id)).DisabledFor));

        await _world.SellAsync("o-2");
        await HeldAsync(id, "o-1", notices: 1);
        await HeldAsync(id, "o-2", notices: 4);
        await _world.Registry.EnableAsync(id, skipWaiting: false, Token);

        var told = await _shop.NextAsync(5);
        Assert.Equal(["m-1/o-1/1"], told.Where(delivery => delivery.Id.Contains("o-1", StringComparison.Ordinal)).Select(delivery => delivery.Id));
        Assert.Equal(
            ["m-1/o-2/1", "m-1/o-2/2", "m-1/o-2/3", "m-1/o-2/4"],
            told.Where(delivery => delivery.Id.Contains("o-2", StringComparison.Ordinal)).Select(delivery => delivery.Id));
    }

    [Fact]
    public async Task What_was_left_waiting_when_an_endpoint_was_enabled_is_found_later()
    {
        var (id, _) = await _world.SubscribeAsync(_shop.Url);
        await _world.CreateAsync("o-1");
        await _world.BookedAsync();
        await _shop.NextAsync();
        var key = new CursorKey(id, Reports.Key("m-1", "o-1"));
        await _world.Store.WebhookCursors.ChangeAsync(key, cursor => (cursor with { Next = 1 }).Held(_world.Now), null, release: false, Token);

        await _world.Registry.ResumeAsync(Token);

        Assert.Equal("m-1/o-1/1", (await _shop.NextAsync()).Id);
    }

    [Fact]
    public async Task An_endpoint_that_fails_is_sent_what_waits_for_a_later_attempt_when_somebody_enables_it()
    {
        var (id, _) = await _world.SubscribeAsync(_shop.Url);
        _shop.Then(500);
        await _world.CreateAsync("o-1");
        await _shop.NextAsync();
        await _world.BookedAsync();
        Assert.True((await _world.EndpointAsync(id)).IsInTrouble);

        await _world.Registry.EnableAsync(id, skipWaiting: false, Token);

        Assert.Equal("m-1/o-1/1", (await _shop.NextAsync()).Id);
        Assert.False((await _world.EndpointAsync(id)).IsInTrouble);
    }

    [Fact]
    public async Task What_waited_can_be_left_out_when_an_endpoint_is_enabled()
    {
        var (id, _) = await _world.SubscribeAsync(_shop.Url);
        await _world.Registry.DisableAsync(id, Token);
        await _world.CreateAsync("o-1");
        _world.Time.Advance(TimeSpan.FromMinutes(1));

        await _world.Registry.EnableAsync(id, skipWaiting: true, Token);
        await _world.AppendAsync(Reports.Paid("m-1", "o-1", _world.Now));

        Assert.Equal("m-1/o-1/2", (await _shop.NextAsync()).Id);
    }

    [Fact]
    public async Task An_endpoint_that_fails_for_days_is_disabled()
    {
        var (id, _) = await _world.SubscribeAsync(_shop.Url);
        _shop.Always = WebhookReceiver.Answer(500);
        await _world.CreateAsync("o-1");
        await _world.BookedAsync();
        Assert.Equal(_world.Now, (await _world.EndpointAsync(id)).FailingSince);

        _world.Time.Advance(TimeSpan.FromDays(5) - TimeSpan.FromSeconds(1));
        await _world.BookedAsync();
        Assert.True((await _world.EndpointAsync(id)).IsEnabled);
        _world.Time.Advance(TimeSpan.FromMinutes(6));
        await _world.BookedAsync();

        Assert.Equal(DisabledReasons.Failing, (await _world.EndpointAsync(id)).DisabledFor);
    }

    [Fact]
    public async Task One_success_ends_the_failing()
    {
        var (id, _) = await _world.SubscribeAsync(_shop.Url);
        _shop.Then(500);
        await _world.CreateAsync("o-1");
        await _world.BookedAsync();

        _world.Time.Advance(TimeSpan.FromSeconds(6));
        await _world.BookedAsync();

        Assert.Null((await _world.EndpointAsync(id)).FailingSince);
    }

    [Fact]
    public async Task When_the_schedule_ends_a_notice_is_parked_and_the_next_goes()
    {
        var (id, _) = await _world.SubscribeAsync(_shop.Url, NoticeTypes.OrderCreated, NoticeTypes.OrderPaid);
        for (var i = 0; i < WebhookSchedule.AttemptsMax; i++)
        {
            _shop.Then(500);
        }

        await _world.AppendAsync(Reports.Created("m-1", "o-1", _world.Now), Reports.Paid("m-1", "o-1", _world.Now));
        var attempts = new List<DeliveryAttempt> { await _world.BookedAsync() };
        while (attempts[^1].NextAt is { } next)
        {
            _world.Time.Advance(next - _world.Now);
            attempts.Add(await _world.BookedAsync());
        }

        Assert.Equal(WebhookSchedule.AttemptsMax, attempts.Count);
        Assert.Equal(AttemptOutcome.Parked, attempts[^1].Outcome);
        Assert.Equal("order.paid", (await _world.BookedAsync()).Type);
        Assert.Equal(1, Assert.Single((await _world.CursorAsync(id, "o-1")).Parked).N);

        while (_shop.HasMore)
        {
            await _shop.NextAsync();
        }

        Assert.Equal(1, await _world.Registry.RecoverAsync(id, _world.Now.AddDays(-10), all: false, Token));
        Assert.Equal("m-1/o-1/1", (await _shop.NextAsync()).Id);
        await _world.BookedAsync();
        Assert.Empty((await _world.CursorAsync(id, "o-1")).Parked);
    }

    [Fact]
    public async Task A_receiver_that_was_down_for_an_hour_is_told_everything_in_order()
    {
        await _world.SubscribeAsync(_shop.Url);
        _shop.Always = WebhookReceiver.Answer(503);
        await _world.SellAsync("o-1");
        await _world.SellAsync("o-2");
        var backAt = _world.Now.AddHours(1);
        var next = await NextAttemptsAsync();
        while (next < backAt)
        {
            _world.Time.Advance(next - _world.Now);
            next = await NextAttemptsAsync();
        }

        _shop.Always = null;
        while (_shop.HasMore)
        {
            await _shop.NextAsync();
        }

        _world.Time.Advance(next - _world.Now);

        var ids = (await _shop.NextAsync(8)).Select(delivery => delivery.Id).ToList();
        Assert.Equal(["m-1/o-1/1", "m-1/o-1/2", "m-1/o-1/3", "m-1/o-1/4"], ids.Where(id => id.StartsWith("m-1/o-1/", StringComparison.Ordinal)));
        Assert.Equal(["m-1/o-2/1", "m-1/o-2/2", "m-1/o-2/3", "m-1/o-2/4"], ids.Where(id => id.StartsWith("m-1/o-2/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_dead_endpoint_changes_nothing_for_the_others()
    {
        await using var dead = await WebhookReceiver.StartAsync();
        var never = new TaskCompletionSource();
        dead.Always = _ => never.Task;
        await _world.SubscribeAsync(dead.Url);
        await _world.SubscribeAsync(_shop.Url);

        for (var i = 0; i < 100; i++)
        {
            await _world.CreateAsync($"o-{i}");
        }

        Assert.Equal(100, (await _shop.NextAsync(100)).DistinctBy(delivery => delivery.Id).Count());
        never.SetResult();
    }

    [Fact]
    public async Task One_notice_is_sent_again_when_somebody_asks_for_it()
    {
        var (id, _) = await _world.SubscribeAsync(_shop.Url);
        await _world.SellAsync("o-1");
        await _shop.NextAsync(4);
        await BookedAsync(4);

        Assert.Null(await _world.Registry.ResendAsync(id, Reports.Key("m-1", "o-1"), 2, Token));

        Assert.Equal("m-1/o-1/2", (await _shop.NextAsync()).Id);
        await _world.BookedAsync();
        Assert.False(_shop.HasMore);
        Assert.Equal("unknown-notice", (await _world.Registry.ResendAsync(id, Reports.Key("m-1", "o-1"), 5, Token))!.Name);
        Assert.Equal("unknown-endpoint", (await _world.Registry.ResendAsync("ep_x", Reports.Key("m-1", "o-1"), 1, Token))!.Name);
    }

    [Fact]
    public async Task Everything_since_a_moment_is_sent_again_when_a_receiver_has_lost_it()
    {
        var (id, _) = await _world.SubscribeAsync(_shop.Url);
        await _world.SellAsync("o-1");
        await BookedAsync(4);
        _world.Time.Advance(TimeSpan.FromMinutes(1));
        var since = _world.Now;
        await _world.SellAsync("o-2");
        await BookedAsync(4);
        await _shop.NextAsync(8);

        Assert.Equal(1, await _world.Registry.RecoverAsync(id, since, all: true, Token));

        Assert.Equal(["m-1/o-2/1", "m-1/o-2/2", "m-1/o-2/3", "m-1/o-2/4"], (await _shop.NextAsync(4)).Select(delivery => delivery.Id));
    }

    [Fact]
    public async Task During_a_rotation_both_secrets_sign_and_afterwards_the_new_one()
    {
        var (id, old) = await _world.SubscribeAsync(_shop.Url);
        var fresh = Assert.IsType<WebhookAnswer.Done>(await _world.Registry.RotateAsync(id, WebhookRegistry.RotationOverlap, Token)).Secret!;

        await _world.CreateAsync("o-1");
        var during = await _shop.NextAsync();
        _world.Time.Advance(WebhookRegistry.RotationOverlap);
        await _world.CreateAsync("o-2");
        var after = await _shop.NextAsync();

        Assert.Equal((true, true), (during.IsSignedBy(old, _world.Now.AddDays(-1)), during.IsSignedBy(fresh, _world.Now.AddDays(-1))));
        Assert.Equal((false, true), (after.IsSignedBy(old, _world.Now), after.IsSignedBy(fresh, _world.Now)));
    }

    [Fact]
    public async Task What_was_not_delivered_before_a_restart_is_delivered_after_it()
    {
        await _world.SubscribeAsync(_shop.Url);
        _shop.Then(500);
        await _world.CreateAsync("o-1");
        await _shop.NextAsync();
        await _world.BookedAsync();
        await _world.StopPumpAsync();
        await _world.SellAsync("o-2");
        await _world.StartPumpAsync();
        await _world.RestartAsync();
        _world.Time.Advance(TimeSpan.FromSeconds(6));

        var told = (await _shop.NextAsync(5)).Select(delivery => delivery.Id).Distinct().ToList();
        Assert.Contains("m-1/o-1/1", told);
        Assert.Contains("m-1/o-2/4", told);
    }

    [Fact]
    public async Task Without_a_subscription_the_feed_is_not_kept()
    {
        await _world.CreateAsync("o-1");
        Assert.Equal(0, _world.Files.Count("SELECT count(*) FROM feed"));

        var (id, _) = await _world.SubscribeAsync(_shop.Url);
        await _world.CreateAsync("o-2");
        await _world.BookedAsync();
        await _world.Registry.DeleteAsync(id, Token);
        await _world.CreateAsync("o-3");

        Assert.Equal(0, _world.Files.Count("SELECT count(*) FROM positions"));
        Assert.Equal(1, _world.Files.Count("SELECT count(*) FROM feed"));
    }

    [Fact]
    public async Task A_test_is_sent_at_once_also_to_a_disabled_endpoint()
    {
        var (id, secret) = await _world.SubscribeAsync(_shop.Url);
        await _world.Registry.DisableAsync(id, Token);
        _shop.Then(202, "thanks");

        var result = await _world.Registry.TestAsync(id, Token);

        var told = await _shop.NextAsync();
        Assert.Equal((WebhookTypes.Test, true), (told.Type, told.IsSignedBy(secret, _world.Now)));
        Assert.Equal((202, "thanks"), (result!.Status, result.Answer));
        Assert.Null(await _world.Registry.TestAsync("ep_x", Token));
    }

    [Fact]
    public async Task A_long_answer_is_kept_to_its_beginning_and_never_waited_for()
    {
        await _world.SubscribeAsync(_shop.Url);
        _shop.Then(200, new string('x', 200_000) + "\u0007");
        await _world.CreateAsync("o-1");

        var booked = await _world.BookedAsync();

        Assert.Equal((AttemptOutcome.Delivered, 512), (booked.Outcome, booked.Answer.Length));
    }

    /// <summary>When both orders, whose attempts have just failed, are tried again.</summary>
    private async Task<DateTimeOffset> NextAttemptsAsync()
    {
        var (one, other) = ((await _world.BookedAsync()).NextAt!.Value, (await _world.BookedAsync()).NextAt!.Value);
        return one > other ? one : other;
    }

    private async Task BookedAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await _world.BookedAsync();
        }
    }

    /// <summary>Waits until all that an order has to tell waits for its endpoint, and nobody works on it.</summary>
    private async Task HeldAsync(string endpoint, string order, int notices)
    {
        using var guard = new CancellationTokenSource(WebhookReceiver.Guard);
        while (await _world.CursorAsync(endpoint, order) is not { Waiting: true, DueAt: null } cursor || cursor.Wanted < notices)
        {
            Assert.False(guard.IsCancellationRequested, "The order's notices are not held.");
            await Task.Delay(10, Token);
        }
    }
}
