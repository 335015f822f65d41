using System.Net.WebSockets;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Tests.WebPubSub;

public sealed class ClosingTests
{
    [Theory]
    [InlineData("", "The frame is not valid JSON")]
    [InlineData("[]", "A frame must be a JSON object.")]
    [InlineData("{", "The frame is not valid JSON")]
    [InlineData("{} {}", "The frame is not valid JSON")]
    [InlineData("{}", "The field 'type' is missing.")]
    [InlineData("""{"type":7}""", "The field 'type' must be a string.")]
    [InlineData("""{"type":"invoke"}""", "The field 'type' must be event, joinGroup")]
    [InlineData("""{"type":"event","data":1}""", "An event needs the field 'event'.")]
    [InlineData("""{"type":"event","event":"","data":1}""", "The field 'event' must be a string of 1 to 1024 characters.")]
    [InlineData("""{"type":"event","event":"e","ackId":"1"}""", "The field 'ackId' must be a whole number")]
    [InlineData("""{"type":"event","event":"e","ackId":-1}""", "The field 'ackId' must be a whole number")]
    [InlineData("""{"type":"event","event":"e","dataType":"xml"}""", "The field 'dataType' must be json, text, binary or protobuf.")]
    [InlineData("""{"type":"event","event":"e","dataType":"text","data":{}}""", "The field 'data' must be a string")]
    [InlineData("""{"type":"event","event":"e","dataType":"binary","data":"%"}""", "The field 'data' must be base64")]
    [InlineData("""{"type":"joinGroup"}""", "A request about a group needs the field 'group'.")]
    [InlineData("""{"type":"sequenceAck"}""", "A sequenceAck needs the field 'sequenceId'.")]
    [InlineData("""{"type":"sendToGroup","group":"g","noEcho":1}""", "The field 'noEcho' must be true or false.")]
    public async Task A_malformed_frame_ends_its_connection_and_says_why(string frame, string fault)
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync();
        using var bystander = await server.ConnectAsync("m-2");

        await client.SendAsync(frame);

        var said = await client.ReadToCloseAsync();
        Assert.StartsWith($"malformed-frame: {fault}", said, StringComparison.Ordinal);
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, client.CloseStatus);
        Assert.Equal("malformed-frame", client.CloseReason);
        Assert.Equal("malformed-frame", server.NextDisconnect());
        Assert.Equal(1, server.Counted("refusals", "malformed-frame"));
        await bystander.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await bystander.ReadAsync());
    }

    [Fact]
    public async Task Text_that_is_not_UTF_8_is_closed_with_1007()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync();

        await client.SendAsync([(byte)'{', 0xFF, (byte)'}'], WebSocketMessageType.Text);

        Assert.StartsWith("not-utf8: ", await client.ReadToCloseAsync(), StringComparison.Ordinal);
        Assert.Equal(WebSocketCloseStatus.InvalidPayloadData, client.CloseStatus);
    }

    [Fact]
    public async Task A_message_over_the_limit_is_closed_with_1009()
    {
        await using var server = await HubServer.StartAsync(options: options => options with { MaxMessageBytes = 1000 });
        using var client = await server.ConnectAsync();

        await client.SendAsync(new string(' ', 1001));

        Assert.Equal("message-too-large: A message may have at most 1000 bytes.", await client.ReadToCloseAsync());
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, client.CloseStatus);
    }

    [Fact]
    public async Task Fragments_that_add_up_to_too_much_are_closed_with_1009()
    {
        await using var server = await HubServer.StartAsync(options: options => options with { MaxMessageBytes = 1000 });
        using var client = await server.ConnectAsync();

        await client.SendAsync(new string(' ', 600), isLast: false);
        await client.SendAsync(new string(' ', 600));

        await client.ReadToCloseAsync();
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, client.CloseStatus);
    }

    [Fact]
    public async Task An_event_over_its_limit_fails_its_ack_and_is_closed_with_1009()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync();

        await client.SendEventAsync("e", $"\"{new string('x', 64 * 1024)}\"", ackId: 1);

        Assert.Equal("event-too-large", (await client.ReadJsonAsync()).GetProperty("error").GetProperty("name").GetString());
        Assert.StartsWith("event-too-large: ", await client.ReadToCloseAsync(), StringComparison.Ordinal);
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, client.CloseStatus);
    }

    [Theory]
    [InlineData(0xC1)]
    [InlineData(0x83)]
    [InlineData(0x80)]
    [InlineData(0x09)]
    [InlineData(0x8B)]
    public async Task A_frame_that_breaks_the_websocket_protocol_is_closed_with_1002(int firstByte)
    {
        await using var server = await HubServer.StartAsync();
        using var client = await RawSocket.ConnectAsync(server.ClientUrl($"access_token={server.Token()}"), TestClient.Plain);

        await client.SendFrameAsync((byte)firstByte, "{}"u8);

        Assert.Equal((1002, "protocol-error"), await client.ReadCloseAsync());
    }

    [Fact]
    public async Task A_frame_without_a_mask_is_closed_with_1002()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await RawSocket.ConnectAsync(server.ClientUrl($"access_token={server.Token()}"), TestClient.Plain);

        await client.SendAsync(new byte[] { 0x81, 2, (byte)'{', (byte)'}' });

        Assert.Equal((1002, "protocol-error"), await client.ReadCloseAsync());
    }

    [Fact]
    public async Task A_client_that_does_not_answer_a_close_is_cut_off_after_a_while()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await RawSocket.ConnectAsync(server.ClientUrl($"access_token={server.Token()}"), TestClient.Plain);
        await client.ReadFrameAsync();
        server.Hub.CloseUser("m-1", "Enough.");
        Assert.Equal((1008, "closed-by-application"), await client.ReadCloseAsync());

        server.Time.Advance(server.Hub.Options.CloseWait);

        await client.ReadToEndAsync();
    }

    [Fact]
    public async Task A_ping_gets_a_pong_with_the_same_payload()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await RawSocket.ConnectAsync(server.ClientUrl($"access_token={server.Token()}"), TestClient.Plain);
        await client.ReadFrameAsync();

        await client.SendFrameAsync(0x89, "are you there"u8);

        var pong = await client.ReadFrameAsync();
        Assert.Equal(10, pong!.Value.Opcode);
        Assert.Equal("are you there"u8.ToArray(), pong.Value.Payload);
    }

    [Fact]
    public async Task A_silent_client_is_pinged_and_then_taken_for_lost()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await RawSocket.ConnectAsync(server.ClientUrl($"access_token={server.Token()}"), TestClient.Plain);
        await client.ReadFrameAsync();

        server.Time.Advance(server.Hub.Options.PingAfter);
        Assert.Equal(9, (await client.ReadFrameAsync())!.Value.Opcode);
        server.Time.Advance(server.Hub.Options.PongWithin);

        Assert.Equal("ping-timeout", server.NextDisconnect());
        await client.ReadToEndAsync();
    }

    [Fact]
    public async Task After_a_pause_of_the_server_itself_a_client_is_asked_before_it_is_given_up()
    {
        // The sweep runs once after the pause, as it does when a process is stopped for two minutes and goes on.
        await using var server = await HubServer.StartAsync(options: options => options with { SweepEvery = TimeSpan.FromMinutes(2) });
        using var client = await RawSocket.ConnectAsync(server.ClientUrl($"access_token={server.Token()}"), TestClient.Plain);
        await client.ReadFrameAsync();

        server.Time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(9, (await client.ReadFrameAsync())!.Value.Opcode);
        Assert.Equal(1, server.Hub.ConnectionCount);
    }

    [Fact]
    public async Task A_client_that_closes_gets_its_close_back()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync();

        await client.CloseAsync();

        Assert.Equal(WebSocketCloseStatus.NormalClosure, client.CloseStatus);
        Assert.Equal("normal", server.NextDisconnect());
        Assert.Equal(0, server.Hub.ConnectionCount);
    }

    [Fact]
    public async Task A_plain_client_that_vanishes_is_gone_at_once()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync();

        client.Drop();

        Assert.Equal("dropped", server.NextDisconnect());
        Assert.False(server.Hub.HasUser("m-1"));
    }

    [Fact]
    public async Task Closing_a_user_spares_the_connection_that_may_stay()
    {
        await using var server = await HubServer.StartAsync();
        using var older = await server.ConnectAsync();
        using var newer = await server.ConnectAsync();

        Assert.Equal(1, server.Hub.CloseUser("m-1", "A newer connection took over.", newer.ConnectionId));

        Assert.Equal("A newer connection took over.", await older.ReadToCloseAsync());
        Assert.Equal("closed-by-application", older.CloseReason);
        Assert.True(server.Hub.SendToUser("m-1", MessageDataType.Json, "1"u8) == 1);
        Assert.Contains("\"data\":1", await newer.ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_connections_of_a_user_only_the_older_is_closed_whoever_asks()
    {
        await using var server = await HubServer.StartAsync();
        using var older = await server.ConnectAsync();
        using var newer = await server.ConnectAsync();

        Assert.Equal(0, server.Hub.CloseOlder(server.Hub.Find(older.ConnectionId)!, "Replaced."));
        Assert.Equal(1, server.Hub.CloseOlder(server.Hub.Find(newer.ConnectionId)!, "Replaced."));

        Assert.Equal("Replaced.", await older.ReadToCloseAsync());
        Assert.NotNull(server.Hub.Find(newer.ConnectionId));
    }

    [Fact]
    public async Task A_client_that_does_not_read_loses_its_connection_and_nobody_else_waits()
    {
        await using var server = await HubServer.StartAsync(options: options => options with { MaxQueuedBytes = 100_000 });
        using var slow = await RawSocket.ConnectAsync(server.ClientUrl($"access_token={server.Token("slow")}"), TestClient.Plain);
        using var other = await server.ConnectAsync("other");
        var data = new byte[50_000];

        while (server.Hub.SendToUser("slow", MessageDataType.Binary, data) > 0)
        {
        }

        Assert.Equal("slow-client", server.NextDisconnect());
        Assert.Equal(1, server.Hub.SendToUser("other", MessageDataType.Json, "1"u8));
        Assert.Contains("\"data\":1", await other.ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shutdown_tells_clients_and_refuses_new_ones()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync();

        server.Hub.BeginShutdown();

        Assert.Equal("The server is shutting down; connect again.", await client.ReadToCloseAsync());
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, client.CloseStatus);
        await Assert.ThrowsAsync<WebSocketException>(() => server.ConnectAsync());
    }
}
