using System.Globalization;
using System.Net;
using System.Text;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Tests.Server;

/// <summary>From a machine's first event to the end of its order, through everything in between.</summary>
public sealed class SaleTests
{
    private const string CallbackPath = "/api/provider/callback";

    private readonly string _secret = WebhookSecret.Generate();

    [Fact]
    public async Task A_sale_at_the_terminal_is_allowed_completed_and_confirmed()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();

        await machine.SayAsync("o-1", TestMachine.Created(), new OrderEvent.PaymentStarted(), TestMachine.Paid("p-1"));
        var allowed = await machine.NextDecisionAsync();
        Assert.Equal(("o-1", 1, DecisionKinds.ShipmentAllowed), (allowed.OrderId.Value, allowed.Version, allowed.Kind));
        Assert.Equal(allowed.DecidedAt.AddSeconds(60), allowed.ValidUntil);

        await machine.SayAsync("o-1", new OrderEvent.ShipmentCompleted());
        var completed = await machine.NextDecisionAsync();
        Assert.Equal((2, DecisionKinds.TradeCompleted), (completed.Version, completed.Kind));

        var order = await server.OrderAsync("m-1", "o-1", o => o["confirmedVersion"]!.GetValue<int>() == 2);
        Assert.Equal("Completed", order["status"]!.GetValue<string>());
        Assert.Equal(["shipment.allowed", "trade.completed"], order["decisions"]!.AsArray().Select(d => d!["kind"]!.GetValue<string>()));
        Assert.Equal(
            ["order.created", "payment.started", "payment.succeeded", "order.assessed", "shipment.completed"],
            order["events"]!.AsArray().Select(e => e!["type"]!.GetValue<string>()));
        Assert.Equal(250, order["events"]![0]!["data"]!["amount"]!.GetValue<long>());
    }

    [Fact]
    public async Task A_repeated_event_is_receipted_again_and_changes_nothing()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created());
        var paid = machine.Client.Stamp(OrderId.Parse("o-1"), TestMachine.Paid("p-1"));
        await (await machine.Client.ReportAsync(paid)).Receipt.WaitAsync(TestServer.Guard);
        await machine.NextDecisionAsync();

        var again = await (await machine.Client.ReportAsync(paid)).Receipt.WaitAsync(TestServer.Guard);

        Assert.Equal(Receipt.Accepted(paid.Id.Value), again with { ServerTime = null });
        var order = await server.OrderAsync("m-1", "o-1");
        Assert.Equal(1, order["version"]!.GetValue<int>());
        Assert.Equal(3, order["events"]!.AsArray().Count);
    }

    [Fact]
    public async Task The_providers_callback_pays_an_order()
    {
        await using var server = await TestServer.StartAsync(providerSecret: _secret);
        await using var machine = await server.NewMachineAsync("m-1", "qr");
        await machine.SayAsync("o-1", TestMachine.Created("qr", "ref-1"), new OrderEvent.PaymentStarted());

        using var answer = await CallAsync(server, Paid("ref-1"));

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await machine.NextDecisionAsync()).Kind);
    }

    [Fact]
    public async Task A_claim_that_nobody_has_confirmed_shows_what_the_order_waits_for()
    {
        await using var server = await TestServer.StartAsync(providerSecret: _secret);
        await using var machine = await server.NewMachineAsync("m-1", "qr");
        await machine.SayAsync("o-1", TestMachine.Created("qr", "ref-1"), TestMachine.Paid("p-1"));

        Assert.Equal(["claim"], (await server.OrderAsync("m-1", "o-1"))["errands"]!.AsArray().Select(errand => errand!.GetValue<string>()));

        using var answer = await CallAsync(server, Paid("ref-1"));
        Assert.Empty((await server.OrderAsync("m-1", "o-1", o => o["version"]!.GetValue<int>() == 1))["errands"]!.AsArray());
    }

    [Fact]
    public async Task A_callback_delivered_twice_counts_once()
    {
        await using var server = await TestServer.StartAsync(providerSecret: _secret);
        await using var machine = await server.NewMachineAsync("m-1", "qr");
        await machine.SayAsync("o-1", TestMachine.Created("qr", "ref-1"));

        using var first = await CallAsync(server, Paid("ref-1"));
        using var second = await CallAsync(server, Paid("ref-1"));

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (first.StatusCode, second.StatusCode));
        var order = await server.OrderAsync("m-1", "o-1", o => o["version"]!.GetValue<int>() == 1);
        Assert.Single(order["events"]!.AsArray(), e => e!["type"]!.GetValue<string>() == "payment.succeeded");
    }

    [Fact]
    public async Task A_callback_with_a_wrong_signature_is_refused()
    {
        await using var server = await TestServer.StartAsync(providerSecret: _secret);

        Assert.Equal((HttpStatusCode.Unauthorized, "wrong-signature"), await RefusalAsync(server, Paid("ref-1"), secret: WebhookSecret.Generate()));
        Assert.Equal((HttpStatusCode.Unauthorized, "wrong-signature"), await RefusalAsync(server, Paid("ref-1"), age: TimeSpan.FromMinutes(6)));
    }

    [Theory]
    [InlineData("paid!", "malformed")]
    [InlineData("""{"type":"payment.succeeded"}""", "malformed")]
    [InlineData("""{"type":"payment.succeeded","timestamp":"2026-01-01T00:00:00Z","data":{"paymentId":"p-1","amount":250}}""", "missing-field")]
    [InlineData("""{"type":"payment.succeeded","timestamp":"2026-01-01T00:00:00Z","data":{"paymentRef":"ref-1","paymentId":"p-1","amount":-1}}""", "invalid-amount")]
    [InlineData("""{"type":"payment.guessed","timestamp":"2026-01-01T00:00:00Z","data":{"paymentRef":"ref-1"}}""", "unknown-type")]
    public async Task A_callback_that_says_nothing_valid_is_refused(string body, string name)
    {
        await using var server = await TestServer.StartAsync(providerSecret: _secret);

        Assert.Equal((HttpStatusCode.BadRequest, name), await RefusalAsync(server, body));
    }

    [Fact]
    public async Task Without_a_secret_there_is_no_callback()
    {
        await using var server = await TestServer.StartAsync();

        Assert.Equal(HttpStatusCode.NotFound, (await RefusalAsync(server, Paid("ref-1"))).Status);
    }

    private static string Paid(string reference)
    {
        return $$$"""{"type":"payment.succeeded","timestamp":"{{{TimeProvider.System.GetUtcNow():O}}}","data":{"paymentRef":"{{{reference}}}","paymentId":"p-1","amount":250,"currency":"EUR"}}""";
    }

    private Task<(HttpStatusCode Status, string? Name)> RefusalAsync(TestServer server, string body, string? secret = null, TimeSpan age = default)
    {
        return TestServer.RefusalAsync(CallAsync(server, body, secret, age));
    }

    private async Task<HttpResponseMessage> CallAsync(TestServer server, string body, string? secret = null, TimeSpan age = default)
    {
        Assert.True(WebhookSecret.TryParse(secret ?? _secret, out var signer));
        var bytes = Encoding.UTF8.GetBytes(body);
        var timestamp = TimeProvider.System.GetUtcNow() - age;
        using var client = server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, CallbackPath) { Content = new ByteArrayContent(bytes) };
        request.Headers.Add("webhook-id", "call-1");
        request.Headers.Add("webhook-timestamp", timestamp.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", signer.Sign("call-1", timestamp, bytes));
        return await client.SendAsync(request);
    }
}
