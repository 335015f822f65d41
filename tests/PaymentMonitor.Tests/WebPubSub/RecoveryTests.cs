using System.Net.WebSockets;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Tests.WebPubSub;

public sealed class RecoveryTests
{
    [Fact]
    public async Task A_reliable_client_gets_sequence_ids_without_gaps()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync(subprotocol: TestClient.Reliable);

        server.Hub.SendToUser("m-1", MessageDataType.Json, "1"u8);
        await client.SendEventAsync("e", "2", ackId: 1);

        Assert.Equal("""{"sequenceId":1,"type":"message","from":"server","dataType":"json","data":1}""", await client.ReadAsync());
        Assert.Equal("""{"sequenceId":2,"type":"message","from":"server","dataType":"json","data":2}""", await client.ReadAsync());
        Assert.Equal("""{"type":"ack","ackId":1,"success":true}""", await client.ReadAsync());
    }

    [Fact]
    public async Task A_recovered_connection_gets_again_what_it_did_not_acknowledge_and_what_it_missed()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync(subprotocol: TestClient.Reliable, groups: ["g"]);
        server.Hub.SendToUser("m-1", MessageDataType.Json, "1"u8);
        server.Hub.SendToUser("m-1", MessageDataType.Json, "2"u8);
        await client.ReadAsync();
        await client.ReadAsync();
        await AcknowledgeAsync(client, 1);

        client.Drop();
        server.Hub.SendToUser("m-1", MessageDataType.Json, "3"u8);
        using var again = await RecoverAsync(server, client);
        server.Hub.SendToGroup("g", new OutgoingMessage(MessageDataType.Json, "4"u8, "g"));

        Assert.Equal(client.ConnectionId, again.ConnectionId);
        Assert.Equal([(2, 2), (3, 3), (4, 4)], [await ReadAsync(again), await ReadAsync(again), await ReadAsync(again)]);
        Assert.Equal(1, server.Counted("connects", ""));
        Assert.Equal(1, server.Counted("recoveries", ""));
        Assert.Empty(server.Disconnects);
    }

    [Fact]
    public async Task An_answer_that_comes_while_the_socket_is_lost_is_delivered_after_recovery_and_the_event_is_not_taken_twice()
    {
        var answer = new TaskCompletionSource<EventAnswer>();
        var started = new TaskCompletionSource();
        var events = 0;
        await using var server = await HubServer.StartAsync(new HubEvents
        {
            UserEvent = (_, _, _, _) =>
            {
                events++;
                started.TrySetResult();
                return new ValueTask<EventAnswer>(answer.Task);
            },
        });
        using var client = await server.ConnectAsync(subprotocol: TestClient.Reliable);
        await client.SendEventAsync("order", "1", ackId: 1);
        await started.Task;

        client.Drop();
        answer.SetResult(EventAnswer.Json("\"receipt\""u8.ToArray()));
        using var again = await RecoverAsync(server, client);
        await again.SendEventAsync("order", "1", ackId: 1);

        Assert.Contains("receipt", await again.ReadAsync(), StringComparison.Ordinal);
        Assert.Equal("Duplicate", (await again.ReadJsonAsync()).GetProperty("error").GetProperty("name").GetString());
        Assert.Equal(1, events);
    }

    [Fact]
    public async Task A_client_may_recover_before_the_server_knows_that_the_old_socket_is_lost()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync(subprotocol: TestClient.Reliable);

        using var again = await RecoverAsync(server, client);
        server.Hub.SendToUser("m-1", MessageDataType.Json, "1"u8);

        Assert.Equal((1, 1), await ReadAsync(again));
        await Assert.ThrowsAsync<WebSocketException>(client.ReadAsync);
        Assert.Empty(server.Disconnects);
    }

    [Fact]
    public async Task A_connection_that_is_not_recovered_in_time_is_gone_and_recovery_closes_with_1008()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync(subprotocol: TestClient.Reliable);
        client.Drop();
        while (!server.Hub.Find(client.ConnectionId)!.IsDetached)
        {
            await Task.Yield();
        }

        server.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(server.Hub.HasUser("m-1"));
        server.Time.Advance(server.Hub.Options.RecoveryWindow);

        Assert.Equal("dropped", server.NextDisconnect());
        using var late = await TestClient.OpenAsync(RecoveryUrl(server, client), TestClient.Reliable);
        await late.ReadToCloseAsync();
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, late.CloseStatus);
        Assert.Equal("recovery-failed", late.CloseReason);
    }

    [Theory]
    [InlineData("a-wrong-token", TestClient.Reliable)]
    [InlineData(null, TestClient.Plain)]
    public async Task A_wrong_token_or_subprotocol_recovers_nothing(string? token, string subprotocol)
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync(subprotocol: TestClient.Reliable);

        using var thief = await TestClient.OpenAsync(RecoveryUrl(server, client, token), subprotocol);
        await thief.ReadToCloseAsync();

        Assert.Equal("recovery-failed", thief.CloseReason);
        await client.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await client.ReadAsync());
    }

    [Fact]
    public async Task A_stale_access_token_does_not_hinder_recovery()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync(subprotocol: TestClient.Reliable);
        var stale = server.Token(lifetime: TimeSpan.FromSeconds(1));
        server.Time.Advance(TimeSpan.FromSeconds(2));
        client.Drop();

        using var again = await TestClient.ConnectAsync(new Uri($"{RecoveryUrl(server, client)}&access_token={stale}"), TestClient.Reliable);

        Assert.Equal(client.ConnectionId, again.ConnectionId);
    }

    [Theory]
    [InlineData(3, int.MaxValue)]
    [InlineData(int.MaxValue, 200)]
    public async Task Too_much_without_acknowledgement_closes_for_good(int maxMessages, int maxBytes)
    {
        await using var server = await HubServer.StartAsync(
            options: options => options with { MaxUnacknowledgedMessages = maxMessages, MaxUnacknowledgedBytes = maxBytes });
        using var client = await server.ConnectAsync(subprotocol: TestClient.Reliable);

        while (server.Hub.SendToUser("m-1", MessageDataType.Json, "1"u8) > 0)
        {
        }

        await client.ReadToCloseAsync();
        Assert.Equal("unacknowledged", client.CloseReason);
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, client.CloseStatus);
        Assert.Equal("unacknowledged", server.NextDisconnect());
    }

    [Fact]
    public async Task Acknowledging_makes_room()
    {
        await using var server = await HubServer.StartAsync(options: options => options with { MaxUnacknowledgedMessages = 3 });
        using var client = await server.ConnectAsync(subprotocol: TestClient.Reliable);

        for (var i = 1; i <= 20; i++)
        {
            Assert.Equal(1, server.Hub.SendToUser("m-1", MessageDataType.Json, "1"u8));
            Assert.Equal(i, (await ReadAsync(client)).Sequence);
            await AcknowledgeAsync(client, i);
        }
    }

    [Fact]
    public async Task A_clean_close_ends_a_reliable_connection_at_once()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync(subprotocol: TestClient.Reliable);

        await client.CloseAsync();

        Assert.Equal("normal", server.NextDisconnect());
        Assert.Null(server.Hub.Find(client.ConnectionId));
    }

    /// <summary>Acknowledges, and waits until the server has taken note.</summary>
    private static async Task AcknowledgeAsync(TestClient client, int sequenceId)
    {
        await client.SendAsync($$"""{"type":"sequenceAck","sequenceId":{{sequenceId}}}""");
        await client.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await client.ReadAsync());
    }

    private static async Task<(int Sequence, int Data)> ReadAsync(TestClient client)
    {
        var message = await client.ReadJsonAsync();
        return (message.GetProperty("sequenceId").GetInt32(), message.GetProperty("data").GetInt32());
    }

    private static Task<TestClient> RecoverAsync(HubServer server, TestClient client)
    {
        return TestClient.ConnectAsync(RecoveryUrl(server, client), TestClient.Reliable);
    }

    private static Uri RecoveryUrl(HubServer server, TestClient client, string? token = null)
    {
        return server.ClientUrl($"awps_connection_id={client.ConnectionId}&awps_reconnection_token={token ?? client.ReconnectionToken}");
    }
}
