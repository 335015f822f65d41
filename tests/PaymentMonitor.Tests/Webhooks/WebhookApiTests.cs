using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using PaymentMonitor.Contracts;
using PaymentMonitor.Server;
using PaymentMonitor.Tests.Server;

namespace PaymentMonitor.Tests.Webhooks;

/// <summary>Subscriptions and the delivery log over the HTTP API of the whole server.</summary>
public sealed class WebhookApiTests
{
    [Fact]
    public async Task An_integrator_subscribes_and_a_reader_only_looks()
    {
        await using var server = await TestServer.StartAsync();
        await using var shop = await WebhookReceiver.StartAsync();
        using var integrator = server.Client(server.NewKey(Roles.Integrator));
        using var reader = server.Client(server.NewKey(Roles.Reader));

        using var added = await integrator.PostAsJsonAsync("/api/webhooks", new { url = shop.Url, types = new[] { "order.paid" }, machines = new[] { "m-1" }, description = "the shop" });
        var answer = JsonNode.Parse(await added.Content.ReadAsStringAsync())!;
        var id = answer["endpoint"]!["id"]!.GetValue<string>();

        Assert.Equal((HttpStatusCode.Created, $"/api/webhooks/{id}"), (added.StatusCode, added.Headers.Location!.ToString()));
        Assert.StartsWith("whsec_", answer["secret"]!.GetValue<string>(), StringComparison.Ordinal);
        var shown = JsonNode.Parse(await reader.GetStringAsync($"/api/webhooks/{id}"))!;
        Assert.Equal((shop.Url.AbsoluteUri, "enabled", "the shop"), (shown["url"]!.GetValue<string>(), shown["status"]!.GetValue<string>(), shown["description"]!.GetValue<string>()));
        Assert.DoesNotContain("whsec_", await reader.GetStringAsync("/api/webhooks"), StringComparison.Ordinal);
        Assert.DoesNotContain(answer["secret"]!.GetValue<string>()[6..], await File.ReadAllTextAsync(Path.Combine(server.Folder, "paymentmonitor.db-wal"), System.Text.Encoding.Latin1), StringComparison.Ordinal);
        foreach (var path in new[] { "", $"/{id}/disable", $"/{id}/enable", $"/{id}/rotate", $"/{id}/test", $"/{id}/resend", $"/{id}/recover" })
        {
            Assert.Equal(
                (HttpStatusCode.Forbidden, "wrong-role"),
                await TestServer.RefusalAsync(reader.PostAsJsonAsync($"/api/webhooks{path}", new { machineId = "m-1", orderId = "o-1", notice = 1, since = "2026-11-23T12:00Z" })));
        }

        Assert.Equal((HttpStatusCode.Forbidden, "wrong-role"), await TestServer.RefusalAsync(reader.DeleteAsync($"/api/webhooks/{id}")));
    }

    [Theory]
    [InlineData("""{"types":[]}""", "invalid-url")]
    [InlineData("""{"url":"shop"}""", "invalid-url")]
    [InlineData("""{"url":"ftp://shop.example.com/"}""", "invalid-url")]
    [InlineData("""{"url":"https://me:pw@shop.example.com/"}""", "invalid-url")]
    [InlineData("""{"url":"https://shop.example.com/","types":["order.guessed"]}""", "unknown-type")]
    [InlineData("""{"url":"https://shop.example.com/","machines":["M 1"]}""", "invalid-machines")]
    [InlineData("""{"url":"https://shop.example.com/","secret":"whsec_short"}""", "invalid-secret")]
    public async Task A_wrong_subscription_is_refused_by_name(string body, string name)
    {
        await using var server = await TestServer.StartAsync();
        using var content = new StringContent(body, null, "application/json");

        Assert.Equal((HttpStatusCode.BadRequest, name), await TestServer.RefusalAsync(server.Operator.PostAsync("/api/webhooks", content)));
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        await using var server = await TestServer.StartAsync();

        foreach (var answering in new[]
        {
            server.Operator.GetAsync("/api/webhooks/ep_x"),
            server.Operator.PatchAsJsonAsync("/api/webhooks/ep_x", new { description = "x" }),
            server.Operator.DeleteAsync("/api/webhooks/ep_x"),
            server.Operator.PostAsync("/api/webhooks/ep_x/enable", null),
            server.Operator.PostAsync("/api/webhooks/ep_x/test", null),
            server.Operator.PostAsJsonAsync("/api/webhooks/ep_x/resend", new { machineId = "m-1", orderId = "o-1", notice = 1 }),
            server.Operator.PostAsJsonAsync("/api/webhooks/ep_x/recover", new { since = "2026-11-23T12:00:00Z" }),
        })
        {
            Assert.Equal((HttpStatusCode.NotFound, "unknown-endpoint"), await TestServer.RefusalAsync(answering));
        }
    }

    [Fact]
    public async Task Deliveries_are_in_the_log_and_counted_and_sent_again()
    {
        await using var server = await TestServer.StartAsync();
        await using var shop = await WebhookReceiver.StartAsync();
        var id = await SubscribeAsync(server, shop);
        await using (var machine = await server.NewMachineAsync())
        {
            await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));
        }

        await shop.NextAsync(3);
        using var again = await server.Operator.PostAsJsonAsync($"/api/webhooks/{id}/resend", new { machineId = "m-1", orderId = "o-1", notice = 2 });

        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        Assert.Equal("m-1/o-1/2", (await shop.NextAsync()).Id);
        var log = await LogAsync(server, id, 4);
        Assert.Equal(["m-1/o-1/2", "m-1/o-1/3", "m-1/o-1/2", "m-1/o-1/1"], log.Select(attempt => attempt!["webhookId"]!.GetValue<string>()));
        Assert.All(log, attempt => Assert.Equal(("Delivered", 204), (attempt!["outcome"]!.GetValue<string>(), attempt["status"]!.GetValue<int>())));
        var statistics = await server.GetAsync($"/api/webhooks/{id}/statistics");
        Assert.Equal((4, 1.0), (statistics["delivered"]!.GetValue<int>(), statistics["successRate"]!.GetValue<double>()));
        Assert.Empty((await server.GetAsync($"/api/webhooks/{id}/deliveries?outcome=failed"))["items"]!.AsArray());
        Assert.Equal(2, (await server.GetAsync($"/api/webhooks/{id}/deliveries?machineId=m-1&orderId=o-1&limit=2"))["items"]!.AsArray().Count);
        foreach (var wrong in new[] { "limit=0", "outcome=lost", "machineId=a%20b", "orderId=o-1", "continuation=x" })
        {
            Assert.Equal((HttpStatusCode.BadRequest, "invalid-parameter"), await TestServer.RefusalAsync(server.Operator.GetAsync($"/api/webhooks/{id}/deliveries?{wrong}")));
        }
    }

    [Fact]
    public async Task A_subscription_is_changed_rotated_disabled_and_ended()
    {
        await using var server = await TestServer.StartAsync();
        await using var shop = await WebhookReceiver.StartAsync();
        var id = await SubscribeAsync(server, shop);

        using var changed = await server.Operator.PatchAsJsonAsync($"/api/webhooks/{id}", new { types = new[] { "refund.due" } });
        using var rotated = await server.Operator.PostAsync($"/api/webhooks/{id}/rotate?overlapHours=1", null);
        using var disabled = await server.Operator.PostAsync($"/api/webhooks/{id}/disable", null);

        var shown = await server.GetAsync($"/api/webhooks/{id}");
        Assert.Equal("refund.due", Assert.Single(shown["types"]!.AsArray())!.GetValue<string>());
        Assert.Equal((shop.Url.AbsoluteUri, "disabled", "asked", 2), (
            shown["url"]!.GetValue<string>(), shown["status"]!.GetValue<string>(), shown["disabledFor"]!.GetValue<string>(), shown["validSecrets"]!.GetValue<int>()));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-secret"), await TestServer.RefusalAsync(server.Operator.PatchAsJsonAsync($"/api/webhooks/{id}", new { secret = WebhookSecret.Generate() })));
        Assert.Equal(HttpStatusCode.NoContent, (await TestServer.RefusalAsync(server.Operator.DeleteAsync($"/api/webhooks/{id}"))).Status);
        Assert.Empty((await server.GetAsync("/api/webhooks"))["items"]!.AsArray());
    }

    [Fact]
    public async Task A_lost_key_is_told_in_the_log_and_mended_by_a_new_secret()
    {
        await using var server = await TestServer.StartAsync();
        await using var shop = await WebhookReceiver.StartAsync();
        var id = await SubscribeAsync(server, shop);
        await server.StopAsync();
        File.Delete(Path.Combine(server.Folder, WebhookKey.FileName));
        await server.StartAgainAsync();

        Assert.Equal("secret-unreadable", (await TestAsync(server, id))["error"]!.GetValue<string>());
        using var rotated = await server.Operator.PostAsync($"/api/webhooks/{id}/rotate", null);
        Assert.True((await TestAsync(server, id))["delivered"]!.GetValue<bool>());
    }

    private static async Task<string> SubscribeAsync(TestServer server, WebhookReceiver shop)
    {
        using var added = await server.Operator.PostAsJsonAsync("/api/webhooks", new { url = shop.Url });
        return JsonNode.Parse(await added.Content.ReadAsStringAsync())!["endpoint"]!["id"]!.GetValue<string>();
    }

    private static async Task<JsonNode> TestAsync(TestServer server, string id)
    {
        using var tested = await server.Operator.PostAsync($"/api/webhooks/{id}/test", null);
        return JsonNode.Parse(await tested.Content.ReadAsStringAsync())!;
    }

    /// <summary>A delivery is in the log a moment after it has arrived.</summary>
    private static async Task<JsonArray> LogAsync(TestServer server, string id, int count)
    {
        using var guard = new CancellationTokenSource(WebhookReceiver.Guard);
        while (true)
        {
            var items = (await server.GetAsync($"/api/webhooks/{id}/deliveries"))["items"]!.AsArray();
            if (items.Count >= count)
            {
                return items;
            }

            guard.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
