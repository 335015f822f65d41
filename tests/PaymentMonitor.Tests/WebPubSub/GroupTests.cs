using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Tests.WebPubSub;

public sealed class GroupTests
{
    [Fact]
    public async Task Members_of_a_group_get_what_is_sent_to_it_and_the_sender_only_without_noEcho()
    {
        await using var server = await HubServer.StartAsync();
        string[] roles = [Permissions.JoinLeaveGroup, Permissions.SendToGroup];
        using var first = await server.ConnectAsync("m-1", roles: roles);
        using var second = await server.ConnectAsync("m-2", TestClient.Reliable, roles: roles);
        await AskAsync(first, """{"type":"joinGroup","group":"g","ackId":1}""");
        await AskAsync(second, """{"type":"joinGroup","group":"g","ackId":1}""");

        await first.SendAsync("""{"type":"sendToGroup","group":"g","noEcho":true,"dataType":"text","data":"a"}""");
        await first.SendAsync("""{"type":"sendToGroup","group":"g","dataType":"json","data":{"b":1},"ackId":2}""");

        Assert.Equal("""{"sequenceId":1,"type":"message","from":"group","group":"g","fromUserId":"m-1","dataType":"text","data":"a"}""", await second.ReadAsync());
        Assert.Equal("""{"sequenceId":2,"type":"message","from":"group","group":"g","fromUserId":"m-1","dataType":"json","data":{"b":1}}""", await second.ReadAsync());
        Assert.Equal("""{"type":"message","from":"group","group":"g","fromUserId":"m-1","dataType":"json","data":{"b":1}}""", await first.ReadAsync());
        Assert.Equal("""{"type":"ack","ackId":2,"success":true}""", await first.ReadAsync());
    }

    [Fact]
    public async Task Who_has_left_a_group_gets_nothing_of_it()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync(roles: ["webpubsub.joinLeaveGroup.g"], groups: ["g"]);
        Assert.True(server.Hub.HasGroup("g"));

        await AskAsync(client, """{"type":"leaveGroup","group":"g","ackId":1}""");

        Assert.False(server.Hub.HasGroup("g"));
        Assert.Equal(0, server.Hub.SendToGroup("g", new OutgoingMessage(MessageDataType.Json, "1"u8, "g")));
    }

    [Theory]
    [InlineData("joinGroup", "webpubsub.joinLeaveGroup.g")]
    [InlineData("leaveGroup", "webpubsub.joinLeaveGroup.g")]
    [InlineData("sendToGroup", "webpubsub.sendToGroup.g")]
    public async Task Without_the_role_a_request_about_a_group_is_forbidden(string type, string role)
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync(roles: ["webpubsub.joinLeaveGroup.other", "webpubsub.sendToGroup.other"]);

        await client.SendAsync($$"""{"type":"{{type}}","group":"g","data":1,"ackId":1}""");

        var error = (await client.ReadJsonAsync()).GetProperty("error");
        Assert.Equal("Forbidden", error.GetProperty("name").GetString());
        Assert.Contains(role, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, server.Counted("refusals", "forbidden"));
    }

    [Fact]
    public async Task A_repeated_ackId_sends_to_a_group_once()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync(roles: [Permissions.SendToGroup], groups: ["g"]);

        await client.SendAsync("""{"type":"sendToGroup","group":"g","data":1,"ackId":1}""");
        await client.SendAsync("""{"type":"sendToGroup","group":"g","data":1,"ackId":1}""");

        Assert.Equal("message", (await client.ReadJsonAsync()).GetProperty("type").GetString());
        Assert.True((await client.ReadJsonAsync()).GetProperty("success").GetBoolean());
        Assert.Equal("Duplicate", (await client.ReadJsonAsync()).GetProperty("error").GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_connection_that_ends_leaves_its_groups()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync(groups: ["g", "h"]);

        client.Drop();

        server.NextDisconnect();
        Assert.False(server.Hub.HasGroup("g"));
        Assert.False(server.Hub.HasGroup("h"));
    }

    private static async Task AskAsync(TestClient client, string request)
    {
        await client.SendAsync(request);
        Assert.Equal("""{"type":"ack","ackId":1,"success":true}""", await client.ReadAsync());
    }
}
