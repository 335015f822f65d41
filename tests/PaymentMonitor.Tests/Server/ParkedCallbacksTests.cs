using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Tests.Server;

/// <summary>Money that is faster than its machine: the provider names a payment reference that no order has named yet.</summary>
public sealed class ParkedCallbacksTests
{
    private static readonly string Secret = WebhookSecret.Generate();

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_payment_that_is_faster_than_its_order_counts_when_the_order_comes()
    {
        await using var server = await TestServer.StartAsync(providerSecret: Secret, time: _time);
        Assert.Equal(HttpStatusCode.Accepted, await CallAsync(server));
        Assert.Equal(HttpStatusCode.Accepted, await CallAsync(server));
        await using var machine = await server.NewMachineAsync("m-1", "qr");

        await machine.SayAsync("o-1", TestMachine.Created("qr", "ref-1", expiresIn: 3_600));
        await server.OrderAsync("m-1", "o-1", order => Tick(Text(order, "status") == "ShipmentAllowed"));

        Assert.Single((await server.OrderAsync("m-1", "o-1"))["events"]!.AsArray(), e => Text(e!, "type") == "payment.succeeded");
        Assert.Empty(await DeadLettersAsync(server));
    }

    [Fact]
    public async Task What_is_parked_is_still_so_after_a_restart()
    {
        await using var server = await TestServer.StartAsync(providerSecret: Secret, time: _time);
        await CallAsync(server);
        await server.StopAsync();
        await server.StartAgainAsync(providerSecret: Secret);
        await using var machine = await server.NewMachineAsync("m-1", "qr");

        await machine.SayAsync("o-1", TestMachine.Created("qr", "ref-1", expiresIn: 3_600));

        await server.OrderAsync("m-1", "o-1", order => Tick(Text(order, "status") == "ShipmentAllowed"));
    }

    [Fact]
    public async Task Money_that_no_order_names_in_time_waits_for_a_person_who_can_put_it_back()
    {
        await using var server = await TestServer.StartAsync(providerSecret: Secret, time: _time);
        await CallAsync(server);
        _time.Advance(TimeSpan.FromMinutes(14));
        Assert.Empty(await DeadLettersAsync(server));

        _time.Advance(TimeSpan.FromMinutes(1));
        var letter = Assert.Single(await DeadLettersAsync(server, atLeast: 1))!;
        Assert.Equal(("unknown-reference", "provider/call-1", "ref-1"), (Text(letter, "reason"), Text(letter, "position"), letter["event"]!["data"]!["paymentRef"]!.GetValue<string>()));
        var replay = $"/api/dead-letters/{Text(letter, "id")}/replay";
        Assert.Equal((HttpStatusCode.Conflict, "unknown-reference"), await TestServer.RefusalAsync(server.Operator.PostAsync(replay, null)));

        await using var machine = await server.NewMachineAsync("m-1", "qr");
        await machine.SayAsync("o-1", TestMachine.Created("qr", "ref-1"));
        using var answer = await server.Operator.PostAsync(replay, null);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Single((await server.OrderAsync("m-1", "o-1"))["events"]!.AsArray(), e => Text(e!, "type") == "payment.succeeded");
    }

    // The retry waits for the clock, which is the test's.
    private bool Tick(bool isDone)
    {
        if (!isDone)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        return isDone;
    }

    private async Task<JsonArray> DeadLettersAsync(TestServer server, int atLeast = 0)
    {
        using var guard = new CancellationTokenSource(TestServer.Guard);
        while (true)
        {
            var letters = (await server.GetAsync("/api/dead-letters"))["items"]!.AsArray();
            if (letters.Count >= atLeast)
            {
                return letters;
            }

            guard.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private async Task<HttpStatusCode> CallAsync(TestServer server)
    {
        Assert.True(WebhookSecret.TryParse(Secret, out var signer));
        var now = _time.GetUtcNow();
        var body = Encoding.UTF8.GetBytes(
            $$$"""{"type":"payment.succeeded","timestamp":"{{{now:O}}}","data":{"paymentRef":"ref-1","paymentId":"p-1","amount":250,"currency":"EUR"}}""");
        using var client = server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/provider/callback") { Content = new ByteArrayContent(body) };
        request.Headers.Add("webhook-id", "call-1");
        request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", signer.Sign("call-1", now, body));
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
