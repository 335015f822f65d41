using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using PaymentMonitor.Contracts;
using PaymentMonitor.EndToEnd.Tests.WebPubSub;
using PaymentMonitor.Tests.Server;
using PaymentMonitor.Tests.Webhooks;

namespace PaymentMonitor.EndToEnd.Tests.Webhooks;

/// <summary>The library of Standard Webhooks, unchanged, on what the whole server delivers.</summary>
public sealed class StandardWebhooksTests(NodeModules node)
{
    [Fact]
    public async Task It_accepts_every_delivery_and_refuses_what_was_tampered_with_is_old_or_wrongly_signed()
    {
        node.Require();
        await using var server = await TestServer.StartAsync();
        await using var shop = await WebhookReceiver.StartAsync();
        var (id, secret) = await SubscribeAsync(server, shop.Url);
        await using var library = NodeProgram.Start("webhooks.mjs");
        await SellAsync(server);
        using var tested = await server.Operator.PostAsync($"/api/webhooks/{id}/test", null);

        var told = await shop.NextAsync(5);
        foreach (var delivery in told)
        {
            Assert.Equal(delivery.Type, (await library.RunAsync("verify", Parameters(delivery, secret)))!["type"]!.GetValue<string>());
        }

        var one = told[0];
        var old = DateTimeOffset.FromUnixTimeSeconds(long.Parse(one.Timestamp, System.Globalization.CultureInfo.InvariantCulture)).AddMinutes(-6);
        Assert.True(WebhookSecret.TryParse(secret, out var key));
        await library.FailAsync("verify", Parameters(one with { Body = [.. one.Body[..^2], (byte)' ', .. one.Body[^2..]] }, secret));
        await library.FailAsync("verify", Parameters(one with { Id = told[1].Id }, secret));
        await library.FailAsync("verify", Parameters(one, WebhookSecret.Generate()));
        await library.FailAsync("verify", Parameters(one with { Timestamp = $"{old.ToUnixTimeSeconds()}", Signature = key.Sign(one.Id, old, one.Body) }, secret));
    }

    [Fact]
    public async Task The_sample_receiver_in_JavaScript_subscribes_and_is_told()
    {
        node.Require();
        await ReceiveAsync(
            new ProcessStartInfo("node", ["receiver.mjs"]) { WorkingDirectory = NodeModules.Folder },
            ["m-1/o-1/1 order.created 250 EUR", "m-1/o-1/2 order.paid 250 EUR p-1", "m-1/o-1/3 shipment.allowed 250 EUR  paid", "m-1/o-1/4 trade.completed 250 EUR  shipped"]);
    }

    [Fact]
    public async Task The_sample_receiver_in_CSharp_subscribes_and_is_told()
    {
        var program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "WebhookReceiver.exe" : "WebhookReceiver");
        await ReceiveAsync(
            new ProcessStartInfo(program), ["m-1/o-1/1 order.created", "m-1/o-1/2 order.paid", "m-1/o-1/3 shipment.allowed", "m-1/o-1/4 trade.completed"]);
    }

    private static async Task ReceiveAsync(ProcessStartInfo start, string[] expected)
    {
        await using var server = await TestServer.StartAsync();
        start.ArgumentList.Add(server.Address.ToString());
        start.ArgumentList.Add("0");
        start.RedirectStandardOutput = true;
        start.Environment["PAYMENTMONITOR_API_KEY"] = server.NewKey(Roles.Integrator);
        using var sample = Process.Start(start)!;
        try
        {
            Assert.StartsWith("subscribed as ep_", await LineAsync(sample), StringComparison.Ordinal);
            Assert.StartsWith("listening ", await LineAsync(sample), StringComparison.Ordinal);
            await SellAsync(server);

            foreach (var told in expected)
            {
                Assert.Equal($"told      {told}", await LineAsync(sample));
            }
        }
        finally
        {
            sample.Kill(entireProcessTree: true);
        }
    }

    private static async Task<(string Id, string Secret)> SubscribeAsync(TestServer server, Uri url)
    {
        using var answer = await server.Operator.PostAsJsonAsync("/api/webhooks", new { url });
        var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        return (json["endpoint"]!["id"]!.GetValue<string>(), json["secret"]!.GetValue<string>());
    }

    private static async Task SellAsync(TestServer server)
    {
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"), new OrderEvent.ShipmentCompleted());
    }

    private static object Parameters(Received delivery, string secret) => new
    {
        secret,
        headers = new Dictionary<string, string>
        {
            ["webhook-id"] = delivery.Id,
            ["webhook-timestamp"] = delivery.Timestamp,
            ["webhook-signature"] = delivery.Signature,
        },
        body = Convert.ToBase64String(delivery.Body),
    };

    private static async Task<string?> LineAsync(Process process) => await process.StandardOutput.ReadLineAsync().WaitAsync(WebhookReceiver.Guard);
}
