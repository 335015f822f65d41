using System.Net.Http.Json;
using PaymentMonitor.Contracts;
using PaymentMonitor.EndToEnd.Tests.WebPubSub;
using PaymentMonitor.Server;
using PaymentMonitor.Tests.Server;
using PaymentMonitor.Tests.Webhooks;

namespace PaymentMonitor.EndToEnd.Tests.Operations;

/// <summary>What an operator sees, in a real browser on the whole server.</summary>
public sealed class OperationsPageTests(NodeModules node)
{
    [Fact]
    public async Task It_shows_the_fleet_and_tells_the_story_of_a_machine_and_of_an_order()
    {
        await using var browser = Browser.Start(node);
        await using var server = await TestServer.StartAsync();
        await using var first = await server.NewMachineAsync("m-1");
        await using var second = await server.NewMachineAsync("m-2");
        await SellAsync(second);

        await browser.OpenAsync(Page(server, Roles.Reader));

        await browser.SeeAsync("#verdict-title", "The fleet is served");
        await browser.SeeAsync(".tile strong", "2");
        await browser.SeeAsync(".legend", "active 2");
        Assert.DoesNotContain("key=", await browser.UrlAsync(), StringComparison.Ordinal);

        // By keyboard: to the second cell of the map, and into it.
        await browser.FocusAsync(".map canvas");
        await browser.PressAsync("ArrowRight");
        await browser.SeeAsync(".tip", "m-2: active");
        await browser.PressAsync("Enter");
        await browser.SeeAsync("h1", "Machine m-2");
        await browser.SeeAsync("td .chip", "Completed");

        await browser.ClickAsync("td a", "o-1");
        await browser.SeeAsync("h1", "Order o-1");
        await browser.SeeAsync(".facts", "€2.50");
        await browser.ClickAsync(".toggle button", "by arrival");
        var story = await browser.TextsAsync(".story strong");
        Assert.Equal(["order.assessed", "order.created", "payment.succeeded", "shipment.allowed", "shipment.completed", "trade.completed"], story.Order(StringComparer.Ordinal));
        Assert.Equal("order.created", story[0]);
        Assert.Empty(await browser.ErrorsAsync());
    }

    [Fact]
    public async Task It_shows_what_was_reported_as_text_and_never_runs_it()
    {
        await using var browser = Browser.Start(node);
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created(), new OrderEvent.PaymentFailed("<img src=x onerror=\"document.title='run'\">"));

        await browser.OpenAsync(new Uri($"{server.Address}ops/#key={server.NewKey(Roles.Reader)}"));
        await browser.GotoAsync("#/order/m-1/o-1");

        await browser.SeeAsync(".story p", "<img src=x onerror=\"document.title='run'\">");
        Assert.Empty(await browser.ErrorsAsync());
    }

    [Fact]
    public async Task A_wrong_key_opens_nothing_and_a_readers_changes_nothing()
    {
        await using var browser = Browser.Start(node);
        await using var server = await TestServer.StartAsync();

        await browser.OpenAsync(new Uri(server.Address, "ops"));
        await browser.FillAsync("#key", "pm_reader_guess");
        await browser.ClickAsync("#sign-in button");
        await browser.SeeAsync("#sign-in-error", "This key is not known");

        await browser.FillAsync("#key", server.NewKey(Roles.Reader));
        await browser.ClickAsync("#sign-in button");
        await browser.SeeAsync("#live", "live");
        await browser.PressAsync("g", "a");
        await browser.SeeAsync(".note", "can look and change nothing");
        Assert.DoesNotContain("Resolve", await browser.TextAsync("#view"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_comes_back_by_itself_when_the_server_was_restarted()
    {
        await using var browser = Browser.Start(node);
        await using var server = await TestServer.StartAsync();
        await browser.OpenAsync(Page(server, Roles.Reader));
        await browser.SeeAsync("#live", "live");
        var address = server.Address;

        await server.StopAsync();
        await browser.SeeAsync("#verdict-title", "The back end cannot be reached");
        await server.StartAgainAsync(at: address);

        await browser.SeeAsync("#live", "live");
        await browser.SeeAsync("#verdict-title", "The fleet is served");
        Assert.Empty(await browser.ErrorsAsync());
    }

    [Fact]
    public async Task It_fits_a_phone_follows_the_systems_theme_and_speaks_two_languages()
    {
        await using var browser = Browser.Start(node);
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        await SellAsync(machine);

        await browser.OpenAsync(Page(server, Roles.Reader), width: 360, height: 740, scheme: "dark", locale: "zh-CN");

        await browser.SeeAsync("#verdict-title", "设备服务正常");
        Assert.Equal("rgb(14, 20, 27)", await browser.ColourAsync("body", "backgroundColor"));
        Assert.Equal(0, await browser.OverflowAsync());
        Assert.Empty(await browser.MissingTextsAsync());
        await browser.GotoAsync("#/order/m-1/o-1");
        await browser.SeeAsync("h1", "订单 o-1");
        Assert.Equal(0, await browser.OverflowAsync());
        await browser.ClickAsync("#language");
        await browser.SeeAsync("h1", "Order o-1");
        await browser.PressAsync("t");
        Assert.Equal("rgb(244, 246, 248)", await browser.ColourAsync("body", "backgroundColor"));
    }

    [Fact]
    public async Task An_operator_ends_an_order_that_waits_and_replays_an_event_that_was_set_aside()
    {
        await using var browser = Browser.Start(node);
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        // Allowed, and then the money went back by itself: nobody but a person can say what that was.
        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"), new OrderEvent.RefundCompleted(PaymentId.Parse("p-1")));
        await machine.SayAsync("o-2", TestMachine.Created(), TestMachine.Created(amount: 999));

        await browser.OpenAsync(Page(server, Roles.Operator));
        await browser.SeeAsync("#nav-count", "2");
        await browser.PressAsync("g", "a");
        await browser.ClickAsync("button", "Resolve");
        await browser.ChooseAsync("#ask select", "closed");
        await browser.FillAsync("#ask input", "The customer was paid back in cash.");
        await browser.ClickAsync("#ask-do");

        await browser.SeeAsync(".quiet", "No order waits for a person.");
        var order = await server.OrderAsync("m-1", "o-1", order => order["status"]!.GetValue<string>() == "Closed");
        Assert.Equal("The customer was paid back in cash.", order["events"]!.AsArray()[^1]!["data"]!["reason"]!.GetValue<string>());

        await browser.SeeAsync("td", "terms-changed");
        await browser.ClickAsync("button", "Replay");
        await browser.ClickAsync("#ask-do");
        await browser.GoneAsync("#ask[open]");

        // It cannot count again either: it came back, and what was replayed is marked.
        Assert.Single((await server.GetAsync("/api/dead-letters?replayed=true"))["items"]!.AsArray());
        await browser.SeeAsync("td", "terms-changed");
        Assert.Empty(await browser.ErrorsAsync());
    }

    [Fact]
    public async Task A_webhook_endpoint_that_fails_is_shown_and_sent_again_and_the_deliveries_are_in_the_orders_story()
    {
        await using var browser = Browser.Start(node);
        await using var server = await TestServer.StartAsync();
        await using var dead = await WebhookReceiver.StartAsync();
        dead.Always = WebhookReceiver.Answer(500);
        await using var gone = await WebhookReceiver.StartAsync();
        gone.Then(410);
        await SubscribeAsync(server, dead.Url);
        await SubscribeAsync(server, gone.Url);
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created());

        await browser.OpenAsync(Page(server, Roles.Operator));
        await browser.SeeAsync("#nav-count", "2");
        await browser.SeeAsync(".tile small", "endpoints 2");
        await browser.PressAsync("g", "a");
        await browser.SeeAsync("td", "every delivery fails");
        await browser.SeeAsync("td", "disabled: it answered 410");

        dead.Always = null;
        await browser.ClickAsync("button", "Replay");
        await browser.ClickAsync("#ask-do");
        await browser.GoneAsync("#ask[open]");
        await browser.SeeAsync("#nav-count", "1");
        await browser.ClickAsync("button", "Enable");
        await browser.ClickAsync("#ask-do");

        await browser.SeeAsync(".quiet", "Every endpoint answers.");
        await gone.NextAsync(2);
        await dead.NextAsync(2);
        await DeliveredAsync(server, dead.Url);
        await browser.GotoAsync("#/order/m-1/o-1");
        await browser.SeeAsync(".story .delivery strong", "order.created");
        await browser.SeeAsync(".story .delivery p", $"{dead.Url} · 500");
        await browser.SeeAsync(".story .delivery p", $"{dead.Url} · 204");
        Assert.Empty(await browser.ErrorsAsync());
    }

    [Fact]
    public async Task A_difference_from_the_providers_statement_is_shown_with_what_to_do_until_it_is_settled()
    {
        await using var browser = Browser.Start(node);
        await using var server = await TestServer.StartAsync();
        using var kept = await server.Operator.PutAsJsonAsync("/api/reconciliation", new ReconciliationReport(2, 0, 0,
        [
            new Difference(DifferenceKinds.UnknownPayment, PaymentId.Parse("p-9"), null, "250 EUR were paid as p-9, and no order knows of it."),
            new Difference(DifferenceKinds.RefundMissing, PaymentId.Parse("p-1"), "m-1/o-1", "The payment p-1 is ordered back, and not refunded in the statement."),
        ]));

        await browser.OpenAsync(Page(server, Roles.Operator));
        await browser.SeeAsync("#nav-count", "2");
        await browser.GotoAsync("#/attention");
        await browser.SeeAsync("td", "no order knows of it");
        await browser.SeeAsync("td", "Have the provider make this refund.");
        await browser.SeeAsync("td a", "m-1/o-1");
        await browser.ClickAsync("button", "Settle");
        await browser.FillAsync("#ask input", "Refunded at the provider.");
        await browser.ClickAsync("#ask-do");

        await browser.SeeAsync("#nav-count", "1");
        await browser.GoneAsync("td:has-text('no order knows of it')");
        var settled = (await server.GetAsync("/api/reconciliation?settled=true"))["items"]!.AsArray();
        Assert.Equal(("p-9", "Refunded at the provider."), (Assert.Single(settled)!["paymentId"]!.GetValue<string>(), settled[0]!["settled"]!["reason"]!.GetValue<string>()));
        Assert.Empty(await browser.ErrorsAsync());
    }

    private static async Task SubscribeAsync(TestServer server, Uri url)
    {
        using var answer = await server.Operator.PostAsJsonAsync("/api/webhooks", new { url });
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Waits until the books have a delivery: it is entered after the receiver's answer.</summary>
    private static async Task DeliveredAsync(TestServer server, Uri url)
    {
        var endpoint = (await server.GetAsync("/api/webhooks"))["items"]!.AsArray().Single(endpoint => endpoint!["url"]!.GetValue<string>() == url.AbsoluteUri)!["id"];
        using var guard = new CancellationTokenSource(TestServer.Guard);
        while ((await server.GetAsync($"/api/webhooks/{endpoint}/deliveries?outcome=delivered"))["items"]!.AsArray() is [])
        {
            Assert.False(guard.IsCancellationRequested, "Nothing was delivered.");
            await Task.Delay(20);
        }
    }

    private static Uri Page(TestServer server, string role) => new($"{server.Address}ops#key={server.NewKey(role)}");

    private static async Task SellAsync(TestMachine machine)
    {
        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await machine.NextDecisionAsync()).Kind);
        await machine.SayAsync("o-1", new OrderEvent.ShipmentCompleted());
        Assert.Equal(DecisionKinds.TradeCompleted, (await machine.NextDecisionAsync()).Kind);
    }
}
