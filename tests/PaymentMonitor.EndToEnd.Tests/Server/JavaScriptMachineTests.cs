using System.Text.Json.Nodes;
using PaymentMonitor.EndToEnd.Tests.WebPubSub;
using PaymentMonitor.Tests.Server;

namespace PaymentMonitor.EndToEnd.Tests.Server;

/// <summary>Microsoft's JavaScript client, unchanged, as a machine on the whole server.</summary>
public sealed class JavaScriptMachineTests(NodeModules node)
{
    [Fact]
    public async Task It_sells_and_misses_nothing_when_it_loses_its_socket()
    {
        node.Require();
        await using var server = await TestServer.StartAsync();
        var secret = await server.RegisterAsync("m-1", "card-terminal");
        await using var proxy = new DroppingProxy(server.Address);
        await using var machine = NodeProgram.Start("sale.mjs", $"http://127.0.0.1:{proxy.Port}", "m-1", secret);
        await machine.RunAsync("start");
        Assert.Equal("m-1", (await machine.ExpectAsync("connected"))["userId"]!.GetValue<string>());

        await ReportAsync(machine, "e-1", "order.created", new { amount = 250, currency = "EUR", channel = "card-terminal", expiresIn = 300 });
        await ReportAsync(machine, "e-2", "payment.started", new { });
        await ReportAsync(machine, "e-3", "payment.succeeded", new { paymentId = "p-1", amount = 250 });
        var allowed = await DecisionAsync(machine);
        Assert.Equal(("o-1", 1, "shipment.allowed"), allowed);

        // The event goes out behind the loss or before it; the client sends it again on the recovered connection either way.
        await machine.BeginAsync("report", new { id = "e-4", type = "shipment.completed", orderId = "o-1", data = new { } });
        proxy.Drop();

        Assert.Equal(("o-1", 2, "trade.completed"), await DecisionAsync(machine));
        await machine.BeginAsync("sync", new { confirmed = new[] { new { orderId = "o-1", version = 2 } } });
        Assert.Empty((await machine.ExpectAsync("sync"))["sync"]!["decisions"]!.AsArray());
        var order = await server.OrderAsync("m-1", "o-1");
        Assert.Equal(("Completed", 2), (order["status"]!.GetValue<string>(), order["confirmedVersion"]!.GetValue<int>()));
        Assert.True(proxy.Accepted > 2, "The socket was never lost.");
    }

    [Fact]
    public async Task With_a_wrong_secret_it_is_refused_by_name()
    {
        node.Require();
        await using var server = await TestServer.StartAsync();
        await server.RegisterAsync("m-1", "card-terminal");
        await using var machine = NodeProgram.Start("sale.mjs", server.Address.ToString().TrimEnd('/'), "m-1", "wrong");

        Assert.Contains("wrong-credentials", (await machine.FailAsync("start"))["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    private static async Task ReportAsync(NodeProgram machine, string id, string type, object data)
    {
        await machine.RunAsync("report", new { id, type, orderId = "o-1", data });
        var receipt = (await machine.ExpectAsync("receipt"))["receipt"]!;
        Assert.Equal((id, "accepted"), (receipt["id"]!.GetValue<string>(), receipt["status"]!.GetValue<string>()));
    }

    private static async Task<(string OrderId, int Version, string Kind)> DecisionAsync(NodeProgram machine)
    {
        JsonNode decision = (await machine.ExpectAsync("decision"))["decision"]!;
        return (decision["orderId"]!.GetValue<string>(), decision["version"]!.GetValue<int>(), decision["kind"]!.GetValue<string>());
    }
}
