using System.Text;
using System.Text.Json.Nodes;
using PaymentMonitor.Server.WebPubSub;
using PaymentMonitor.Tests.WebPubSub;

namespace PaymentMonitor.EndToEnd.Tests.WebPubSub;

/// <summary>Microsoft's <c>@azure/web-pubsub-client</c>, unchanged, as a machine.</summary>
public sealed class MachineClientTests(NodeModules node)
{
    [Theory]
    [InlineData("reliable")]
    [InlineData("plain")]
    public async Task A_machine_sends_events_and_gets_answers_and_server_messages(string kind)
    {
        node.Require();
        await using var server = await HubServer.StartAsync();
        await using var machine = await StartAsync(server, kind);

        var ack = await machine.RunAsync("send", new { name = "order", data = new { amount = 250 } });
        Assert.False(ack!["isDuplicated"]!.GetValue<bool>());
        Assert.Equal(250, (await machine.ExpectAsync("message"))["message"]!["amount"]!.GetValue<int>());

        server.Hub.SendToUser("m-1", MessageDataType.Text, Encoding.UTF8.GetBytes("grüezi \"du\""));
        Assert.Equal("grüezi \"du\"", (await machine.ExpectAsync("message"))["message"]!.GetValue<string>());
        server.Hub.SendToUser("m-1", MessageDataType.Binary, new byte[] { 0xFF, 0x00 });
        Assert.Equal("ff00", (await machine.ExpectAsync("message"))["message"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_repeated_ackId_is_told_as_a_duplicate()
    {
        node.Require();
        await using var server = await HubServer.StartAsync();
        await using var machine = await StartAsync(server, "reliable");

        Assert.False((await machine.RunAsync("send", new { name = "order", data = 1, ackId = 77 }))!["isDuplicated"]!.GetValue<bool>());
        Assert.True((await machine.RunAsync("send", new { name = "order", data = 1, ackId = 77 }))!["isDuplicated"]!.GetValue<bool>());
    }

    [Fact]
    public async Task A_reliable_machine_that_loses_its_socket_recovers_and_misses_nothing()
    {
        node.Require();
        await using var server = await HubServer.StartAsync();
        await using var proxy = new DroppingProxy(server.Address);
        await using var machine = await StartAsync(server, "reliable", proxy);
        var next = 0;

        for (var drop = 1; drop <= 3; drop++)
        {
            Push(server, next, 20);
            proxy.Drop();
            Push(server, next + 20, 20);
            for (var end = next + 40; next < end; next++)
            {
                Assert.Equal(next, (await machine.ExpectAsync("message"))["message"]!.GetValue<int>());
            }
        }

        Assert.False((await machine.RunAsync("send", new { name = "order", data = "after" }))!["isDuplicated"]!.GetValue<bool>());
        Assert.Equal("after", (await machine.ExpectAsync("message"))["message"]!.GetValue<string>());
        Assert.Equal(1, server.Counted("connects", ""));
        Assert.Equal(3, server.Counted("recoveries", ""));
    }

    [Fact]
    public async Task An_event_under_way_when_the_socket_is_lost_is_taken_once_and_answered()
    {
        node.Require();
        var answer = new TaskCompletionSource<EventAnswer>();
        var started = new TaskCompletionSource();
        var events = 0;
        await using var server = await HubServer.StartAsync(new HubEvents
        {
            UserEvent = (_, _, _, _) =>
            {
                Interlocked.Increment(ref events);
                started.TrySetResult();
                return new ValueTask<EventAnswer>(answer.Task);
            },
        });
        await using var proxy = new DroppingProxy(server.Address);
        await using var machine = await StartAsync(server, "reliable", proxy);

        await machine.BeginAsync("send", new { name = "order", data = 1, ackId = 5 });
        await started.Task;
        proxy.Drop();
        answer.SetResult(EventAnswer.Json("\"receipt\""u8.ToArray()));

        Assert.Equal("receipt", (await machine.ExpectAsync("message"))["message"]!.GetValue<string>());
        var sent = await machine.ExpectAsync("done");
        Assert.True(sent["result"]!["isDuplicated"]!.GetValue<bool>());
        Assert.Equal(1, events);
    }

    [Fact]
    public async Task A_plain_machine_that_loses_its_socket_makes_a_new_connection()
    {
        node.Require();
        await using var server = await HubServer.StartAsync();
        await using var proxy = new DroppingProxy(server.Address);
        await using var machine = await StartAsync(server, "plain", proxy);

        proxy.Drop();
        await machine.ExpectAsync("disconnected");
        await machine.ExpectAsync("connected");

        Push(server, 1, 1);
        Assert.Equal(1, (await machine.ExpectAsync("message"))["message"]!.GetValue<int>());
        Assert.Equal(2, server.Counted("connects", ""));
    }

    [Fact]
    public async Task A_machine_whose_state_is_gone_makes_a_new_connection()
    {
        node.Require();
        await using var server = await HubServer.StartAsync();
        await using var proxy = new DroppingProxy(server.Address);
        await using var machine = await StartAsync(server, "reliable", proxy);

        server.Hub.CloseUser("m-1", "Come again.");

        Assert.Equal("Come again.", (await machine.ExpectAsync("disconnected"))["reason"]!.GetValue<string>());
        await machine.ExpectAsync("connected");
        Assert.Equal(2, server.Counted("connects", ""));
    }

    [Fact]
    public async Task Machines_in_a_group_reach_each_other()
    {
        node.Require();
        await using var server = await HubServer.StartAsync();
        string[] roles = [Permissions.JoinLeaveGroup, Permissions.SendToGroup];
        await using var first = await StartAsync(server, "reliable", roles: roles);
        await using var second = await StartAsync(server, "plain", userId: "m-2", roles: roles);
        await first.RunAsync("join", new { group = "row" });
        await second.RunAsync("join", new { group = "row" });

        await first.RunAsync("sendToGroup", new { group = "row", data = "hello", noEcho = true });

        var message = await second.ExpectAsync("message");
        Assert.Equal(("hello", "row", "m-1"), (message["message"]!.GetValue<string>(), message["from"]!.GetValue<string>(), message["fromUserId"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_machine_that_stops_is_gone_at_once()
    {
        node.Require();
        await using var server = await HubServer.StartAsync();
        await using var machine = await StartAsync(server, "reliable");

        await machine.RunAsync("stop");

        await machine.ExpectAsync("stopped");
        Assert.Equal("normal", server.Disconnects.Take());
    }

    private static void Push(HubServer server, int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            Assert.Equal(1, server.Hub.SendToUser("m-1", MessageDataType.Json, Encoding.UTF8.GetBytes(JsonValue.Create(i).ToJsonString())));
        }
    }

    private static async Task<NodeProgram> StartAsync(
        HubServer server, string kind, DroppingProxy? proxy = null, string userId = "m-1", string[]? roles = null)
    {
        var url = new UriBuilder(server.ClientUrl($"access_token={server.Token(userId, roles)}"));
        url.Port = proxy?.Port ?? url.Port;
        var machine = NodeProgram.Start("machine.mjs", url.ToString(), kind);
        await machine.RunAsync("start");
        Assert.Equal(userId, (await machine.ExpectAsync("connected"))["userId"]!.GetValue<string>());
        return machine;
    }
}
