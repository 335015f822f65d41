using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using PaymentMonitor.Contracts;
using PaymentMonitor.Server;
using PaymentMonitor.Tests.Webhooks;
using PaymentMonitor.Tests.WebPubSub;

namespace PaymentMonitor.Tests.Server;

/// <summary>The live feed of the operations page: who may have it, and what it says.</summary>
public sealed class OperationsFeedTests
{
    [Fact]
    public async Task A_reader_gets_the_whole_fleet_at_once_and_then_what_changes()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync("m-1");
        await server.RegisterAsync("m-2", "qr");
        using var page = await JoinAsync(server, server.NewKey("reader"));

        var first = await NextAsync(page);

        Assert.True(first.GetProperty("machines").GetProperty("full").GetBoolean());
        Assert.Equal(["m-1 0", "m-2 1"], States(first));
        Assert.Equal(2, first.GetProperty("machines").GetProperty("total").GetInt32());
        Assert.Equal(1, first.GetProperty("machines").GetProperty("connected").GetInt32());
        Assert.Equal("healthy", first.GetProperty("server").GetProperty("health").GetString());

        var second = await NextAsync(page);

        Assert.False(second.GetProperty("machines").GetProperty("full").GetBoolean());
        Assert.Empty(States(second));
        Assert.Equal(first.GetProperty("seq").GetInt64() + 1, second.GetProperty("seq").GetInt64());
    }

    [Fact]
    public async Task What_the_machines_do_is_counted_and_timed()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        using var page = await JoinAsync(server, server.NewKey("operator"));
        await NextAsync(page);

        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));
        await machine.SayAsync("o-2", TestMachine.Created(), TestMachine.Created(amount: 300));

        var (events, receipts, allowed, timed) = (0L, 0L, 0L, 0L);
        JsonElement message;
        do
        {
            message = await NextAsync(page);
            var activity = message.GetProperty("activity");
            events += activity.GetProperty("events").GetInt64();
            receipts += activity.GetProperty("receipts").GetInt64();
            allowed += activity.GetProperty("decisions").TryGetProperty("shipment.allowed", out var count) ? count.GetInt64() : 0;
            timed += message.GetProperty("latencyMs").GetProperty("decision").GetProperty("count").GetInt64();
        }
        while (receipts < 4 || allowed < 1 || message.GetProperty("attention").GetProperty("deadLetters").GetInt64() < 1);

        Assert.Equal((4, 4, 1, 1), (events, receipts, allowed, timed));
        Assert.Equal((1, 1), (Open(message, "shipmentAllowed"), Open(message, "created")));
        Assert.Equal(0, Open(message, "paid"));
    }

    [Fact]
    public async Task A_machine_whose_event_is_rejected_is_in_trouble()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync("m-1", "card-terminal");
        using var page = await JoinAsync(server, server.NewKey("reader"));
        await NextAsync(page);

        await machine.ReportAsync("o-1", TestMachine.Created("cash"));

        string[] states;
        while ((states = States(await NextAsync(page))) is [])
        {
        }

        Assert.Equal(["m-1 2"], states);
    }

    [Fact]
    public async Task The_feed_is_for_API_keys_only_and_its_token_reports_nothing()
    {
        await using var server = await TestServer.StartAsync();
        using var nobody = server.Client();
        using var page = await JoinAsync(server, server.NewKey("reader"));

        await page.SendEventAsync("order", "{}", ackId: 2);
        await page.SendAsync("""{"type":"joinGroup","group":"other","ackId":3}""");

        Assert.Equal((HttpStatusCode.Unauthorized, "no-key"), await TestServer.RefusalAsync(nobody.PostAsync("/api/ops/negotiate", null)));
        Assert.Equal("not-a-machine", (await MessageAsync(page, "server")).GetProperty("data").GetProperty("error").GetProperty("name").GetString());
        JsonElement refused;
        do
        {
            refused = await page.ReadJsonAsync();
        }
        while (refused.GetProperty("type").GetString() != "ack" || refused.GetProperty("ackId").GetInt32() != 3);
        Assert.Equal("Forbidden", refused.GetProperty("error").GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_key_that_is_removed_takes_its_feed_with_it()
    {
        await using var server = await TestServer.StartAsync();
        using var page = await JoinAsync(server, server.NewKey("reader", "wall"));
        await NextAsync(page);

        server.RemoveKey("wall");

        Assert.Equal("The API key was removed.", await page.ReadToCloseAsync());
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, page.CloseStatus);
    }

    [Fact]
    public async Task An_endpoint_that_takes_nothing_and_a_difference_wait_for_a_person_until_they_are_seen_to()
    {
        await using var server = await TestServer.StartAsync();
        await using var shop = await WebhookReceiver.StartAsync();
        shop.Always = WebhookReceiver.Answer(500);
        await using var machine = await server.NewMachineAsync();
        using var page = await JoinAsync(server, server.NewKey("reader"));
        Assert.Equal((0, 0), Waiting(await NextAsync(page)));
        using var reader = server.Client(server.NewKey("reader"));

        using var subscribed = await server.Operator.PostAsJsonAsync("/api/webhooks", new { url = shop.Url });
        await machine.SayAsync("o-1", TestMachine.Created());
        var report = new ReconciliationReport(1, 0, 0, [new Difference(DifferenceKinds.UnknownPayment, PaymentId.Parse("p-9"), null, "Nobody knows p-9.")]);
        Assert.Equal((HttpStatusCode.Forbidden, "wrong-role"), await TestServer.RefusalAsync(reader.PutAsJsonAsync("/api/reconciliation", report)));
        using var kept = await server.Operator.PutAsJsonAsync("/api/reconciliation", report);
        Assert.Equal(HttpStatusCode.OK, kept.StatusCode);

        await UntilAsync(page, message => Waiting(message) is (1, 1));

        using var settled = await server.Operator.PostAsJsonAsync("/api/reconciliation/settle", new { kind = "unknown-payment", paymentId = "p-9", reason = "It was a test of theirs." });
        Assert.Equal(HttpStatusCode.OK, settled.StatusCode);
        Assert.Equal(
            (HttpStatusCode.NotFound, "unknown-difference"),
            await TestServer.RefusalAsync(server.Operator.PostAsJsonAsync("/api/reconciliation/settle", new { kind = "paid-twice", paymentId = "p-9", reason = "No." })));
        shop.Always = null;
        var endpoint = (await TestServer.JsonAsync(subscribed))["endpoint"]!["id"]!.GetValue<string>();
        using var enabled = await server.Operator.PostAsync($"/api/webhooks/{endpoint}/enable", null);
        Assert.Equal(HttpStatusCode.OK, enabled.StatusCode);

        await UntilAsync(page, message => Waiting(message) is (0, 0));
        Assert.Equal("It was a test of theirs.", (await server.GetAsync("/api/reconciliation"))["items"]![0]!["settled"]!["reason"]!.GetValue<string>());
        Assert.Empty((await server.GetAsync("/api/reconciliation?settled=false"))["items"]!.AsArray());
    }

    [Fact]
    public async Task Open_orders_are_counted_anew_after_a_restart()
    {
        await using var server = await TestServer.StartAsync();
        await using (var machine = await server.NewMachineAsync())
        {
            await machine.SayAsync("o-1", TestMachine.Created());
            await machine.SayAsync("o-2", TestMachine.Created(), TestMachine.Paid("p-2"), new OrderEvent.ShipmentCompleted());
        }

        await server.StopAsync();
        await server.StartAgainAsync();
        using var page = await JoinAsync(server, server.NewKey("reader"));

        var message = await NextAsync(page);

        Assert.Equal((1, 0), (Open(message, "created"), Open(message, "shipmentAllowed")));
        Assert.Equal(0, message.GetProperty("orders").GetProperty("ended").GetProperty("completed").GetInt32());
    }

    private static (int Endpoints, int Differences) Waiting(JsonElement message) =>
        (message.GetProperty("attention").GetProperty("failingEndpoints").GetInt32(), message.GetProperty("attention").GetProperty("differences").GetInt32());

    private static async Task UntilAsync(TestClient page, Predicate<JsonElement> isSo)
    {
        while (!isSo(await NextAsync(page)))
        {
        }
    }

    private static async Task<TestClient> JoinAsync(TestServer server, string key)
    {
        using var http = server.Client(key);
        using var answer = await http.PostAsync("/api/ops/negotiate", null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var way = await answer.Content.ReadFromJsonAsync<JsonElement>();
        var page = await TestClient.ConnectAsync(new Uri($"{way.GetProperty("url")}?access_token={way.GetProperty("token")}"));
        await page.SendAsync("""{"type":"joinGroup","group":"ops","ackId":1}""");
        return page;
    }

    private static async Task<JsonElement> NextAsync(TestClient page) => (await MessageAsync(page, "group")).GetProperty("data");

    private static async Task<JsonElement> MessageAsync(TestClient page, string from)
    {
        while (true)
        {
            var frame = await page.ReadJsonAsync();
            if (frame.GetProperty("type").GetString() == "message" && frame.GetProperty("from").GetString() == from)
            {
                return frame;
            }
        }
    }

    private static string[] States(JsonElement message)
    {
        return [.. message.GetProperty("machines").GetProperty("states").EnumerateArray().Select(machine => $"{machine[0].GetString()} {machine[1].GetInt32()}")];
    }

    private static int Open(JsonElement message, string status) => message.GetProperty("orders").GetProperty("open").GetProperty(status).GetInt32();
}
