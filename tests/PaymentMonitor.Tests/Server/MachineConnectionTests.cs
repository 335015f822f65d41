using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;
using PaymentMonitor.Server.WebPubSub;
using PaymentMonitor.Simulator;

namespace PaymentMonitor.Tests.Server;

/// <summary>The SDK's connection against the whole server, through a network that a test can break.</summary>
public sealed class MachineConnectionTests
{
    [Theory]
    [InlineData(MachineSubprotocol.ReliableProtobuf)]
    [InlineData(MachineSubprotocol.ReliableJson)]
    [InlineData(MachineSubprotocol.Protobuf)]
    [InlineData(MachineSubprotocol.Json)]
    public async Task A_sale_is_the_same_over_every_subprotocol(MachineSubprotocol subprotocol)
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await ConnectAsync(server, server.Address, subprotocol);

        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));
        var allowed = await machine.NextDecisionAsync();
        await machine.SayAsync("o-1", new OrderEvent.ShipmentCompleted());
        var completed = await machine.NextDecisionAsync();

        Assert.Equal((DecisionKinds.ShipmentAllowed, DecisionKinds.TradeCompleted), (allowed.Kind, completed.Kind));
        Assert.Equal(subprotocol.ToString().StartsWith("Reliable", StringComparison.Ordinal), Connection(server).Subprotocol.IsReliable);
        await server.OrderAsync("m-1", "o-1", o => o["confirmedVersion"]!.GetValue<int>() == 2);
    }

    [Theory]
    [InlineData(MachineSubprotocol.ReliableProtobuf)]
    [InlineData(MachineSubprotocol.ReliableJson)]
    public async Task A_cut_connection_is_recovered_under_its_id_and_nothing_is_lost_or_told_twice(MachineSubprotocol subprotocol)
    {
        await using var server = await TestServer.StartAsync();
        await using var network = new FaultyNetwork(server.Address, new NetworkFaults(), seed: 1, TimeProvider.System);
        await using var machine = await ConnectAsync(server, network.Address, subprotocol);
        await machine.SayAsync("o-1", TestMachine.Created());
        var before = Connection(server);

        for (var i = 0; i < 3; i++)
        {
            network.CutAll();
            await machine.SayAsync("o-1", TestMachine.Paid($"p-{i}"));
        }

        Assert.Same(before, Connection(server));
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await machine.NextDecisionAsync()).Kind);
        Assert.Equal(4, (await server.OrderAsync("m-1", "o-1"))["events"]!.AsArray().Count(e => e!["source"]?.GetValue<string>() != "system" && !e["type"]!.GetValue<string>().StartsWith("order.assessed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Without_a_reliable_subprotocol_a_cut_connection_is_followed_by_a_new_one()
    {
        await using var server = await TestServer.StartAsync();
        await using var network = new FaultyNetwork(server.Address, new NetworkFaults(), seed: 1, TimeProvider.System);
        await using var machine = await ConnectAsync(server, network.Address, MachineSubprotocol.Protobuf);
        await machine.SayAsync("o-1", TestMachine.Created());
        var before = Connection(server);

        network.CutAll();
        await machine.SayAsync("o-1", TestMachine.Paid("p-1"));

        Assert.NotEqual(before.Id, Connection(server).Id);
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await machine.NextDecisionAsync()).Kind);
    }

    [Fact]
    public async Task A_connection_that_falls_silent_is_noticed_and_recovered()
    {
        await using var server = await TestServer.StartAsync();
        await using var network = new FaultyNetwork(server.Address, new NetworkFaults(), seed: 1, TimeProvider.System);
        await using var machine = await ConnectAsync(server, network.Address, MachineSubprotocol.ReliableProtobuf, TimeSpan.FromMilliseconds(300));
        await machine.SayAsync("o-1", TestMachine.Created());
        var before = Connection(server);

        Assert.Equal(1, network.SilenceAll());
        await machine.SayAsync("o-1", TestMachine.Paid("p-1"));

        Assert.Same(before, Connection(server));
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await machine.NextDecisionAsync()).Kind);
    }

    [Fact]
    public async Task After_a_restart_of_the_server_the_machine_makes_a_new_connection_and_learns_by_sync_what_it_missed()
    {
        await using var server = await TestServer.StartAsync();
        await using var network = new FaultyNetwork(server.Address, new NetworkFaults(), seed: 1, TimeProvider.System);
        var secret = await server.RegisterAsync("m-1", "card-terminal");
        await using var machine = new TestMachine(Options(network.Address, secret, MachineSubprotocol.ReliableProtobuf));
        await machine.Client.ConnectAsync(TestContext.Current.CancellationToken).WaitAsync(TestServer.Guard);
        await machine.SayAsync("o-1", TestMachine.Created());
        var before = Connection(server);

        server.Services.GetRequiredService<WebPubSubHub>().CloseConnection(before.Id, "Gone for good.");
        await machine.SayAsync("o-1", TestMachine.Paid("p-1"));

        Assert.NotEqual(before.Id, Connection(server).Id);
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await machine.NextDecisionAsync()).Kind);
    }

    [Fact]
    public async Task The_back_ends_clock_is_learnt_on_receipts_too()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await ConnectAsync(server, server.Address, MachineSubprotocol.ReliableProtobuf);

        var receipt = await machine.ReportAsync("o-1", TestMachine.Created());

        Assert.NotNull(receipt.ServerTime);
        Assert.InRange(machine.Client.Now - TimeProvider.System.GetUtcNow(), TimeSpan.FromSeconds(-5), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_revoked_machine_is_told_and_does_not_hammer()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await ConnectAsync(server, server.Address, MachineSubprotocol.ReliableProtobuf);
        await machine.SayAsync("o-1", TestMachine.Created());

        await server.RevokeAsync("m-1");

        await foreach (var state in machine.Client.ReadStatesAsync(TestContext.Current.CancellationToken))
        {
            if (state == ConnectionState.Refused)
            {
                break;
            }
        }
    }

    private static ClientConnection Connection(TestServer server)
    {
        return Assert.Single(server.Services.GetRequiredService<WebPubSubHub>().OfUser("m-1").ToArray());
    }

    private static async Task<TestMachine> ConnectAsync(TestServer server, Uri address, MachineSubprotocol subprotocol, TimeSpan? keepAlive = null)
    {
        var secret = await server.RegisterAsync("m-1", "card-terminal");
        var machine = new TestMachine(Options(address, secret, subprotocol, keepAlive));
        await machine.Client.ConnectAsync(TestContext.Current.CancellationToken).WaitAsync(TestServer.Guard);
        return machine;
    }

    private static MachineClientOptions Options(Uri address, string secret, MachineSubprotocol subprotocol, TimeSpan? keepAlive = null) => new()
    {
        Endpoint = address,
        MachineId = MachineId.Parse("m-1"),
        Secret = secret,
        Journal = MachineJournal.InMemory(),
        Subprotocol = subprotocol,
        KeepAliveInterval = keepAlive ?? TimeSpan.FromSeconds(15),
        ReconnectSpread = TimeSpan.FromMilliseconds(100),
        ConfirmDelay = TimeSpan.FromMilliseconds(20),
        Backoff = new Backoff { Base = TimeSpan.FromMilliseconds(20), Max = TimeSpan.FromMilliseconds(100) },
    };
}
