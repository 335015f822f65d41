using System.Net;
using Azure.Messaging.EventHubs;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;
using static PaymentMonitor.Testing.Reports;

namespace PaymentMonitor.Functions.Tests;

public sealed class OrderEntityTests(CosmosServer server)
{
    private static readonly EventHubsException Busy = new(true, "orders", "throttled", EventHubsException.FailureReason.ServiceBusy);

    /// <summary>More requests than the story has, so that each of them is hit, before and after.</summary>
    public static TheoryData<int, bool> EveryRequest => [.. Enumerable.Range(0, 12).SelectMany(n => new[] { (n, false), (n, true) })];

    [Fact]
    public async Task A_paid_order_is_saved_pushed_and_given_an_alarm()
    {
        using var app = await TestApp.StartAsync(server);

        await app.ReportAsync(Created(Order1, Noon), Paid(Order1, Noon));
        await app.RunAsync();

        var order = await app.ReadOrderAsync();
        Assert.Equal(DecisionKinds.ShipmentAllowed, Assert.Single(order.Decisions).Kind);
        var (machine, json) = Assert.Single(app.WebPubSub.Sent);
        Assert.Equal("m-1", machine);
        Assert.Contains("\"kind\":\"shipment.allowed\"", json);
        Assert.Equal(order.Due, Assert.Single(app.Entities.Signals).At);
    }

    [Fact]
    public async Task An_alarm_appends_a_wake_to_the_log_and_decides_nothing_itself()
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();
        var due = (await app.ReadOrderAsync()).Due!.Value;

        app.Clock.SetUtcNow(due);
        await app.Entities.RunAsync();

        Assert.Empty((await app.ReadOrderAsync()).Decisions);
        Assert.True(LoggedEvent.TryDecode(app.Hub.Events[^1], out var wake, out _));
        Assert.Equal((EventSource.System, due), (wake.Source, wake.ReceivedAt));

        await app.RunAsync();
        Assert.Equal(DecisionKinds.TradeClosed, Assert.Single((await app.ReadOrderAsync()).Decisions).Kind);
    }

    [Fact]
    public async Task A_payment_that_waits_in_a_backlog_beats_the_wake_behind_it()
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();
        app.Clock.SetUtcNow(Noon.AddSeconds(30));
        await app.ReportAsync(Paid(Order1, Noon.AddSeconds(30)));

        app.Clock.SetUtcNow(Noon.AddMinutes(10));
        await app.Entities.RunAsync();
        await app.RunAsync();

        Assert.DoesNotContain((await app.ReadOrderAsync()).Decisions, decision => decision is { Kind: DecisionKinds.TradeClosed, Reason: "expired" });
    }

    [Fact]
    public async Task A_wake_that_overtakes_a_payment_closes_and_the_payment_is_refunded()
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();
        app.Clock.SetUtcNow(Noon.AddSeconds(30));
        await app.ReportAsync(Paid(Order1, Noon.AddSeconds(30)));
        app.Clock.SetUtcNow(Noon.AddMinutes(2));
        await app.Entities.RunAsync();

        await app.IngestAsync(2..3);
        await app.Entities.RunAsync();
        await app.IngestAsync(1..2);
        await app.Entities.RunAsync();
        await app.RunAsync();
        await app.AdvanceAsync(TimeSpan.FromMinutes(1));

        var order = await app.ReadOrderAsync();
        Assert.Equal([DecisionKinds.TradeClosed, DecisionKinds.RefundDue], order.Decisions.Select(decision => decision.Kind));
    }

    [Fact]
    public async Task An_alarm_that_was_set_for_another_time_does_nothing()
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();
        var stale = Assert.Single(app.Entities.Signals).At!.Value;
        await app.ReportAsync(Paid(Order1, Noon), Shipped(Order1, Noon));
        await app.RunAsync();
        var logged = app.Hub.Events.Count;

        app.Clock.SetUtcNow(stale);
        await app.Entities.RunAsync();

        Assert.Equal(logged, app.Hub.Events.Count);
    }

    [Fact]
    public async Task A_wake_that_cannot_be_appended_is_appended_later()
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();
        app.Hub.FailNext(Busy);
        app.Hub.FailNext(Busy);

        await app.AdvanceAsync(TimeSpan.FromMinutes(10));

        Assert.Equal(DecisionKinds.TradeClosed, Assert.Single((await app.ReadOrderAsync()).Decisions).Kind);
    }

    [Fact]
    public async Task The_same_batch_twice_saves_and_decides_once()
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(Created(Order1, Noon), Paid(Order1, Noon));
        await app.RunAsync();
        var saved = await app.Orders.LoadAsync(Order1, TestContext.Current.CancellationToken);

        await app.IngestAsync(0..2);
        await app.Entities.RunAsync();

        Assert.Equal(saved.ETag, (await app.Orders.LoadAsync(Order1, TestContext.Current.CancellationToken)).ETag);
        Assert.Single(app.WebPubSub.Sent);
    }

    [Fact]
    public async Task Two_instances_that_work_the_same_batches_at_once_decide_once()
    {
        using var one = await TestApp.StartAsync(server);
        using var other = await TestApp.StartAsync(server, beside: one);
        await one.ReportAsync(Created(Order1, Noon), Paid(Order1, Noon), Paid(Order1, Noon, "p-2"));
        await Task.WhenAll(one.RunAsync(), other.RunAsync());
        await one.ReportAsync(Shipped(Order1, Noon));
        await Task.WhenAll(one.RunAsync(), other.RunAsync());
        await Task.WhenAll(one.AdvanceAsync(TimeSpan.FromMinutes(1)), other.AdvanceAsync(TimeSpan.FromMinutes(1)));

        var order = await one.ReadOrderAsync();
        Assert.Equal([DecisionKinds.ShipmentAllowed, DecisionKinds.TradeCompleted, DecisionKinds.RefundDue], order.Decisions.Select(decision => decision.Kind));
        Assert.Equal([1, 2, 3], order.Decisions.Select(decision => decision.Version));
        Assert.Empty(one.Blobs.Blobs);
    }

    [Fact]
    public async Task A_save_that_loses_a_race_is_applied_again_to_what_won()
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(Created(Order1, Noon), Paid(Order1, Noon));
        await app.RunAsync();
        var confirmed = new Confirmation(Order1.OrderId, 1);
        app.Wire.BeforeWrite(() => app.Orders.ConfirmAsync(Order1.MachineId, [confirmed], TestContext.Current.CancellationToken).AsTask());

        await app.ReportAsync(Shipped(Order1, Noon));
        await app.RunAsync();

        var order = await app.ReadOrderAsync();
        Assert.Equal((OrderStatus.Completed, 1), (order.Status, order.ConfirmedVersion));
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.RequestTimeout)]
    public async Task A_save_that_fails_keeps_the_events_and_is_tried_again(HttpStatusCode status)
    {
        using var app = await TestApp.StartAsync(server);
        app.Wire.FailBeforeWrite(status);
        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();
        Assert.Equal(Noon.AddMilliseconds(500), Assert.Single(app.Entities.Signals).At);

        await app.AdvanceAsync(TimeSpan.FromMilliseconds(500));

        Assert.Single((await app.ReadOrderAsync()).Envelopes);
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.RequestTimeout)]
    public async Task A_save_whose_answer_is_lost_counts_once(HttpStatusCode status)
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();
        app.Wire.FailAfterWrite(status);
        app.Wire.FailAfterWrite(status);

        await app.ReportAsync(Paid(Order1, Noon), Shipped(Order1, Noon));
        await app.RunAsync();
        await app.AdvanceAsync(TimeSpan.FromSeconds(10));

        var order = await app.ReadOrderAsync();
        Assert.Equal([DecisionKinds.ShipmentAllowed, DecisionKinds.TradeCompleted], order.Decisions.Select(decision => decision.Kind));
        Assert.Empty(app.Blobs.Blobs);
    }

    [Theory]
    [MemberData(nameof(EveryRequest))]
    public async Task Whichever_request_fails_before_or_after_it_is_done_the_order_ends_as_if_none_had(int request, bool afterwards)
    {
        using var app = await TestApp.StartAsync(server);
        app.Wire.FailRequest(request, afterwards);

        await app.ReportAsync(Created(Order1, Noon), Paid(Order1, Noon));
        await app.RunAsync();
        await app.AdvanceAsync(TimeSpan.FromSeconds(2));
        await app.ReportAsync(Paid(Order1, Noon, "p-2"), Shipped(Order1, Noon));
        await app.RunAsync();
        await app.AdvanceAsync(TimeSpan.FromMinutes(1));
        app.Wire.FailNoMore();

        var order = await app.ReadOrderAsync();
        Assert.Equal([DecisionKinds.ShipmentAllowed, DecisionKinds.TradeCompleted, DecisionKinds.RefundDue], order.Decisions.Select(decision => decision.Kind));
        foreach (var payment in new[] { "p-1", "p-2" })
        {
            var found = await app.Orders.ListAsync(new OrderQuery(PaymentId: PaymentId.Parse(payment)), TestContext.Current.CancellationToken);
            Assert.Equal(Order1.OrderId, Assert.Single(found.Orders).OrderId);
        }

        Assert.Empty(app.Blobs.Blobs);
    }

    [Fact]
    public async Task Throttling_is_waited_out_for_as_long_as_was_asked()
    {
        using var app = await TestApp.StartAsync(server);
        for (var n = 0; n < 4; n++)
        {
            app.Wire.FailBeforeWrite(HttpStatusCode.TooManyRequests, TimeSpan.FromMilliseconds(600));
        }

        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();

        Assert.Equal(Noon.AddMilliseconds(600), Assert.Single(app.Entities.Signals).At);
    }

    [Fact]
    public async Task Ten_minutes_without_Cosmos_DB_lose_nothing_and_keep_the_order_of_events()
    {
        using var app = await TestApp.StartAsync(server);
        app.Wire.IsDown = true;
        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();
        await app.AdvanceAsync(TimeSpan.FromSeconds(20));
        await app.ReportAsync(Paid(Order1, Noon.AddSeconds(20)));
        await app.RunAsync();
        await app.AdvanceAsync(TimeSpan.FromMinutes(10));

        app.Wire.IsDown = false;
        await app.AdvanceAsync(TimeSpan.FromMinutes(1));

        var order = await app.ReadOrderAsync();
        Assert.Equal([EventTypes.OrderCreated, EventTypes.PaymentSucceeded], order.Envelopes.Where(e => e.Source is EventSource.Machine).Select(e => e.Event.Body.Type));
        Assert.Equal(DecisionKinds.ShipmentAllowed, order.Decisions[0].Kind);
        Assert.Empty(app.Blobs.Blobs);
    }

    [Fact]
    public async Task Events_that_cannot_be_saved_for_too_long_are_set_aside()
    {
        using var app = await TestApp.StartAsync(server, new OrderEntityOptions { AttemptsMax = 3 });
        app.Wire.IsDown = true;
        await app.ReportAsync(Created(Order1, Noon), Paid(Order1, Noon));
        await app.RunAsync();

        await app.AdvanceAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(["not-saved/2026/11/23/m-1:o-1-0.json", "not-saved/2026/11/23/m-1:o-1-1.json"], app.Blobs.Blobs.Keys.Order());
        Assert.Empty(app.Entities.States);
    }

    [Fact]
    public async Task Events_that_can_neither_be_saved_nor_set_aside_go_on_waiting()
    {
        using var app = await TestApp.StartAsync(server, new OrderEntityOptions { AttemptsMax = 3 });
        (app.Wire.IsDown, app.Blobs.IsDown) = (true, true);
        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();
        await app.AdvanceAsync(TimeSpan.FromMinutes(5));

        app.Wire.IsDown = false;
        await app.AdvanceAsync(TimeSpan.FromMinutes(1));

        Assert.NotEmpty((await app.ReadOrderAsync()).Envelopes);
    }

    [Fact]
    public async Task An_inbox_that_is_full_is_set_aside()
    {
        using var app = await TestApp.StartAsync(server, new OrderEntityOptions { EventsMax = 4 });
        app.Wire.IsDown = true;
        await app.ReportAsync([Created(Order1, Noon), .. Enumerable.Range(1, 4).Select(n => Paid(Order1, Noon, $"p-{n}"))]);

        await app.RunAsync();

        Assert.Equal(5, app.Blobs.Blobs.Count);
        Assert.Empty(app.Entities.States);
    }

    [Fact]
    public async Task An_event_that_the_rules_cannot_count_is_set_aside_and_the_rest_is_saved()
    {
        using var app = await TestApp.StartAsync(server);
        var forged = Of(Order1, "forged", new OrderEvent.PaymentChecked(OrderEvent.PaymentChecked.Unpaid), Noon);

        await app.ReportAsync(Created(Order1, Noon), forged, Paid(Order1, Noon));
        await app.RunAsync();

        Assert.Equal("wrong-source/2026/11/23/m-1:o-1-1.json", Assert.Single(app.Blobs.Blobs.Keys));
        Assert.Equal(DecisionKinds.ShipmentAllowed, Assert.Single((await app.ReadOrderAsync()).Decisions).Kind);
    }

    [Fact]
    public async Task A_push_that_fails_undoes_nothing()
    {
        using var app = await TestApp.StartAsync(server);
        app.WebPubSub.IsDown = true;

        await app.ReportAsync(Created(Order1, Noon), Paid(Order1, Noon));
        await app.RunAsync();

        Assert.Single((await app.ReadOrderAsync()).Decisions);
    }

    [Fact]
    public async Task An_order_that_has_ended_leaves_no_state_behind()
    {
        using var app = await TestApp.StartAsync(server);
        await app.ReportAsync(Created(Order1, Noon), Paid(Order1, Noon), Shipped(Order1, Noon));

        await app.RunAsync();
        await app.AdvanceAsync(TimeSpan.FromDays(2));

        Assert.Equal(OrderStatus.Completed, (await app.ReadOrderAsync()).Status);
        Assert.Empty(app.Entities.States);
        Assert.Empty(app.Entities.Signals);
    }
}
