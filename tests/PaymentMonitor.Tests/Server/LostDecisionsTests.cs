using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Tests.Server;

/// <summary>A machine confirms what the store has lost, as after a restore.</summary>
public sealed class LostDecisionsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_order_whose_machine_knows_more_is_decided_no_more_until_a_person_ends_it()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created());

        await SyncAsync(server, "o-1", version: 2);
        await machine.SayAsync("o-1", TestMachine.Paid("p-1"));

        var order = await server.OrderAsync("m-1", "o-1");
        Assert.Equal("Unresolved", order["status"]!.GetValue<string>());
        Assert.Equal(0, order["version"]!.GetValue<int>());
        Assert.Contains("decisions-lost", order["flags"]!.AsArray().Select(flag => flag!.GetValue<string>()));
        using var answer = await server.Operator.PostAsJsonAsync("/api/orders/m-1/o-1/resolve", new { outcome = "completed", reason = "The machine sold it." }, Stop);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        await server.OrderAsync("m-1", "o-1", order => order["status"]!.GetValue<string>() == "Completed");
    }

    [Fact]
    public async Task An_order_that_is_gone_altogether_comes_back_as_one_for_a_person()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();

        await SyncAsync(server, "o-7", version: 1);

        Assert.Equal("Unresolved", (await server.OrderAsync("m-1", "o-7"))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_confirmation_of_what_was_decided_is_no_evidence_of_a_loss()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));

        await SyncAsync(server, "o-1", version: 1);

        Assert.Equal("ShipmentAllowed", (await server.OrderAsync("m-1", "o-1"))["status"]!.GetValue<string>());
    }

    private static async Task SyncAsync(TestServer server, string order, int version) => await server.Services.GetRequiredService<MachineSync>()
        .AnswerAsync(MachineId.Parse("m-1"), new SyncRequest([new Confirmation(OrderId.Parse(order), version)]), Stop);
}
