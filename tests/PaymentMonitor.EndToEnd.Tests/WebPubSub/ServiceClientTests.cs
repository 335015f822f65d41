using System.Net.WebSockets;
using PaymentMonitor.Server.WebPubSub;
using PaymentMonitor.Tests.WebPubSub;

namespace PaymentMonitor.EndToEnd.Tests.WebPubSub;

/// <summary>Microsoft's <c>@azure/web-pubsub</c>, unchanged, as a business system.</summary>
public sealed class ServiceClientTests(NodeModules node)
{
    [Fact]
    public async Task It_sends_to_a_user_to_all_to_a_group_and_to_a_connection()
    {
        node.Require();
        await using var server = await HubServer.StartAsync();
        await using var service = Start(server);
        using var first = await server.ConnectAsync("m 1/ä", groups: ["east"]);
        using var second = await server.ConnectAsync("m-2");

        await CallAsync(service, "sendToUser", "m 1/ä", new { n = 1 });
        Assert.Equal("""{"type":"message","from":"server","dataType":"json","data":{"n":1}}""", await first.ReadAsync());
        await CallAsync(service, "sendToUser", "m 1/ä", "text", new { contentType = "text/plain" });
        Assert.Equal("""{"type":"message","from":"server","dataType":"text","data":"text"}""", await first.ReadAsync());
        await CallAsync(service, "sendToConnection", second.ConnectionId, new { hex = "00ff" });
        Assert.Equal("""{"type":"message","from":"server","dataType":"binary","data":"AP8="}""", await second.ReadAsync());
        await CallGroupAsync(service, "east", "sendToAll", 7);
        Assert.Equal("""{"type":"message","from":"group","group":"east","dataType":"json","data":7}""", await first.ReadAsync());
        await CallAsync(service, "sendToAll", 8, new { excludedConnections = new[] { first.ConnectionId } });
        await CallAsync(service, "sendToAll", 9);
        Assert.Equal("""{"type":"message","from":"server","dataType":"json","data":8}""", await second.ReadAsync());
        Assert.Equal("""{"type":"message","from":"server","dataType":"json","data":9}""", await second.ReadAsync());
        Assert.Equal("""{"type":"message","from":"server","dataType":"json","data":9}""", await first.ReadAsync());
    }

    [Fact]
    public async Task It_sees_who_is_there()
    {
        node.Require();
        await using var server = await HubServer.StartAsync();
        await using var service = Start(server);
        using var client = await server.ConnectAsync(groups: ["east"]);

        Assert.True(await AskAsync(service, "userExists", "m-1"));
        Assert.False(await AskAsync(service, "userExists", "m-2"));
        Assert.True(await AskAsync(service, "connectionExists", client.ConnectionId));
        Assert.False(await AskAsync(service, "connectionExists", "nobody"));
        Assert.True(await AskAsync(service, "groupExists", "east"));
        Assert.False(await AskAsync(service, "groupExists", "west"));
    }

    [Fact]
    public async Task It_moves_users_and_connections_between_groups()
    {
        node.Require();
        await using var server = await HubServer.StartAsync();
        await using var service = Start(server);
        using var client = await server.ConnectAsync();

        await CallGroupAsync(service, "a", "addUser", "m-1");
        await CallGroupAsync(service, "b", "addConnection", client.ConnectionId);
        Assert.True(server.Hub.HasGroup("a") && server.Hub.HasGroup("b"));
        await CallGroupAsync(service, "a", "removeUser", "m-1");
        Assert.False(server.Hub.HasGroup("a"));
        await CallAsync(service, "removeUserFromAllGroups", "m-1");
        Assert.False(server.Hub.HasGroup("b"));
    }

    [Fact]
    public async Task It_grants_and_revokes_permissions()
    {
        node.Require();
        await using var server = await HubServer.StartAsync();
        await using var service = Start(server);
        using var client = await server.ConnectAsync();
        var target = new { targetName = "g" };

        Assert.False(await AskAsync(service, "hasPermission", client.ConnectionId, "sendToGroup", target));
        await CallAsync(service, "grantPermission", client.ConnectionId, "sendToGroup", target);
        Assert.True(await AskAsync(service, "hasPermission", client.ConnectionId, "sendToGroup", target));
        await client.SendAsync("""{"type":"sendToGroup","group":"g","data":1,"ackId":1}""");
        Assert.True((await client.ReadJsonAsync()).GetProperty("success").GetBoolean());
        await CallAsync(service, "revokePermission", client.ConnectionId, "sendToGroup", target);
        Assert.False(await AskAsync(service, "hasPermission", client.ConnectionId, "sendToGroup", target));
    }

    [Fact]
    public async Task It_closes_connections_and_gives_the_reason()
    {
        node.Require();
        await using var server = await HubServer.StartAsync();
        await using var service = Start(server);
        using var first = await server.ConnectAsync("m-1");
        using var second = await server.ConnectAsync("m-2");
        using var third = await server.ConnectAsync("m-3", groups: ["g"]);

        await CallAsync(service, "closeConnection", first.ConnectionId, new { reason = "Maintenance." });
        await CallAsync(service, "closeUserConnections", "m-2", new { reason = "Revoked." });
        await CallGroupAsync(service, "g", "closeAllConnections", new { reason = "Done." });

        Assert.Equal("Maintenance.", await first.ReadToCloseAsync());
        Assert.Equal("Revoked.", await second.ReadToCloseAsync());
        Assert.Equal("Done.", await third.ReadToCloseAsync());
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, first.CloseStatus);
        Assert.Equal(0, server.Hub.ConnectionCount);
    }

    [Fact]
    public async Task Its_tokens_let_clients_in_with_their_user_roles_and_groups()
    {
        node.Require();
        await using var server = await HubServer.StartAsync();
        await using var service = Start(server);
        var made = await service.RunAsync("call", new
        {
            method = "getClientAccessToken",
            args = new object[] { new { userId = "m-9", roles = new[] { Permissions.SendToGroup }, groups = new[] { "east" }, expirationTimeInMinutes = 5 } },
        });

        using var client = await TestClient.ConnectAsync(new Uri(made!["url"]!.GetValue<string>()));

        Assert.True(server.Hub.HasUser("m-9"));
        Assert.True(server.Hub.HasGroup("east"));
        Assert.True(server.Hub.Find(client.ConnectionId)!.Allows(Permissions.SendToGroup, "any"));
    }

    [Fact]
    public async Task With_another_key_it_is_refused()
    {
        node.Require();
        await using var server = await HubServer.StartAsync();
        await using var service = NodeProgram.Start("service.mjs", $"Endpoint={server.Address};AccessKey={new string('k', 40)};Version=1.0;", HubServer.HubName);

        await service.FailAsync("call", new { method = "sendToAll", args = new object[] { 1 } });

        Assert.Equal(1, server.Counted("refusals", "token-invalid"));
    }

    private static NodeProgram Start(HubServer server)
    {
        return NodeProgram.Start("service.mjs", $"Endpoint={server.Address};AccessKey={HubServer.AccessKey};Version=1.0;", HubServer.HubName);
    }

    private static async Task CallAsync(NodeProgram service, string method, params object[] args) => await service.RunAsync("call", new { method, args });

    private static async Task CallGroupAsync(NodeProgram service, string group, string method, params object[] args)
    {
        await service.RunAsync("callGroup", new { group, method, args });
    }

    private static async Task<bool> AskAsync(NodeProgram service, string method, params object[] args)
    {
        return (await service.RunAsync("call", new { method, args }))!.GetValue<bool>();
    }
}
