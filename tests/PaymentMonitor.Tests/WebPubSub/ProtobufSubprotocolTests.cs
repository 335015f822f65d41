using System.Net.WebSockets;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PaymentMonitor.Server.WebPubSub;
using PaymentMonitor.Tests.WebPubSub.Frames;

namespace PaymentMonitor.Tests.WebPubSub;

public sealed class ProtobufSubprotocolTests
{
    private static readonly Any Packed = Any.Pack(new StringValue { Value = "inside" });

    public static TheoryData<MessageData> EveryDataType =>
    [
        new MessageData { TextData = "hello, 世界" },
        new MessageData { BinaryData = ByteString.CopyFrom(0, 255, 128) },
        new MessageData { ProtobufData = Packed },
        new MessageData { JsonData = """{"a":[1,2]}""" },
        new MessageData { BinaryData = ByteString.CopyFrom(new byte[300]) },
        new MessageData { TextData = new string('x', 70_000) },
    ];

    [Fact]
    public async Task The_greeting_names_the_connection_and_its_user_and_only_a_reliable_one_can_be_recovered()
    {
        await using var server = await HubServer.StartAsync();
        using var plain = await ConnectAsync(server);
        using var reliable = await ConnectAsync(server, ProtobufClient.Reliable);

        Assert.Equal("m-1", plain.Connected.UserId);
        Assert.NotNull(server.Hub.Find(plain.Connected.ConnectionId));
        Assert.False(plain.Connected.HasReconnectionToken);
        Assert.True(reliable.Connected.HasReconnectionToken);
    }

    [Theory]
    [MemberData(nameof(EveryDataType))]
    public async Task An_event_is_answered_and_acknowledged_in_its_data_type(MessageData data)
    {
        await using var server = await HubServer.StartAsync(options: options => options with { MaxEventBytes = 1024 * 1024 });
        using var client = await ConnectAsync(server);

        await client.SendEventAsync("order", data, ackId: ulong.MaxValue);
        var answer = (await client.ReadAsync()).Data;
        var ack = (await client.ReadAsync()).Ack;

        Assert.Equal(("server", data), (answer.From, answer.Data));
        Assert.False(answer.HasSequenceId);
        Assert.Equal((ulong.MaxValue, true, null), (ack.AckId, ack.Success, ack.Error));
    }

    [Fact]
    public async Task A_repeated_ack_id_fails_as_duplicate()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await ConnectAsync(server);

        await client.SendEventAsync("order", new MessageData { TextData = "1" }, ackId: 1);
        await client.SendEventAsync("order", new MessageData { TextData = "1" }, ackId: 1);
        await client.ReadAsync();
        await client.ReadAsync();
        var ack = (await client.ReadAsync()).Ack;

        Assert.Equal((1UL, false, "Duplicate"), (ack.AckId, ack.Success, ack.Error.Name));
        Assert.NotEqual("", ack.Error.Message);
    }

    [Fact]
    public async Task A_ping_gets_a_pong()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await ConnectAsync(server);

        await client.SendAsync(new UpstreamMessage { Ping = new UpstreamMessage.Types.Ping() });

        Assert.Equal(DownstreamMessage.MessageOneofCase.Pong, (await client.ReadAsync()).MessageCase);
    }

    [Fact]
    public async Task Groups_are_joined_left_and_sent_to_across_subprotocols()
    {
        await using var server = await HubServer.StartAsync();
        string[] roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
        using var client = await ConnectAsync(server, roles: roles);
        using var other = await server.ConnectAsync("m-2", roles: roles, groups: ["east"]);

        await client.SendAsync(new UpstreamMessage { JoinGroup = new UpstreamMessage.Types.Group { Group_ = "east", AckId = 1 } });
        Assert.True((await client.ReadAsync()).Ack.Success);
        await client.SendAsync(new UpstreamMessage
        {
            SendToGroup = new UpstreamMessage.Types.SendToGroup { Group = "east", AckId = 2, NoEcho = true, Data = new MessageData { JsonData = "[7]" } },
        });
        Assert.True((await client.ReadAsync()).Ack.Success);
        Assert.Equal("""{"type":"message","from":"group","group":"east","fromUserId":"m-1","dataType":"json","data":[7]}""", await other.ReadAsync());
        await other.SendAsync("""{"type":"sendToGroup","group":"east","noEcho":true,"dataType":"text","data":"hi"}""");
        var told = (await client.ReadAsync()).Data;
        await client.SendAsync(new UpstreamMessage { LeaveGroup = new UpstreamMessage.Types.Group { Group_ = "east", AckId = 3 } });

        Assert.Equal(("group", "east", "hi"), (told.From, told.Group, told.Data.TextData));
        Assert.True((await client.ReadAsync()).Ack.Success);
        Assert.Equal(1, server.Hub.SendToGroup("east", new OutgoingMessage(MessageDataType.Json, "1"u8, "east")));
    }

    [Fact]
    public async Task What_is_not_allowed_is_forbidden_by_name()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await ConnectAsync(server);

        await client.SendAsync(new UpstreamMessage { JoinGroup = new UpstreamMessage.Types.Group { Group_ = "east", AckId = 1 } });

        Assert.Equal("Forbidden", (await client.ReadAsync()).Ack.Error.Name);
    }

    [Fact]
    public async Task A_recovered_connection_gets_again_what_it_did_not_acknowledge_and_what_it_missed()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await ConnectAsync(server, ProtobufClient.Reliable);
        server.Hub.SendToUser("m-1", MessageDataType.Json, "1"u8);
        server.Hub.SendToUser("m-1", MessageDataType.Json, "2"u8);
        Assert.Equal(1UL, (await client.ReadAsync()).Data.SequenceId);
        Assert.Equal(2UL, (await client.ReadAsync()).Data.SequenceId);
        await client.SendAsync(new UpstreamMessage { SequenceAck = new UpstreamMessage.Types.SequenceAck { SequenceId = 1 } });
        await client.SendAsync(new UpstreamMessage { Ping = new UpstreamMessage.Types.Ping() });
        await client.ReadAsync();

        client.Drop();
        server.Hub.SendToUser("m-1", MessageDataType.Json, "3"u8);
        using var again = await RecoverAsync(server, client, ProtobufClient.Reliable);
        server.Hub.SendToUser("m-1", MessageDataType.Binary, [4]);

        Assert.Equal(client.Connected.ConnectionId, again.Connected.ConnectionId);
        Assert.Equal((2UL, "2"), Told(await again.ReadAsync()));
        Assert.Equal((3UL, "3"), Told(await again.ReadAsync()));
        Assert.Equal(4UL, (await again.ReadAsync()).Data.SequenceId);
    }

    [Fact]
    public async Task A_connection_is_not_recovered_by_another_subprotocol()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await ConnectAsync(server, ProtobufClient.Reliable);
        client.Drop();

        using var again = await TestClient.OpenAsync(RecoveryUrl(server, client), TestClient.Reliable);

        Assert.Null(await again.ReadAsync());
        Assert.Equal((WebSocketCloseStatus.PolicyViolation, "recovery-failed"), (again.CloseStatus, again.CloseReason));
    }

    [Fact]
    public async Task A_connection_that_the_application_closes_is_told_why()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await ConnectAsync(server);

        server.Hub.CloseUser("m-1", "The machine is revoked.");

        Assert.Equal("The machine is revoked.", await client.ReadToCloseAsync());
        Assert.Equal("closed-by-application", client.CloseReason);
    }

    [Theory]
    [InlineData("", "must be an event")]
    [InlineData("5200", "must be an event")]
    [InlineData("0801", "must be an event")]
    [InlineData("2A05", "not valid Protocol Buffers")]
    [InlineData("2A00", "needs the field 'event'")]
    [InlineData("2A020A00", "must be 1 to 1024 characters")]
    [InlineData("2A040A02C328", "must be 1 to 1024 characters")]
    [InlineData("2A080A01651203220178", "must be one JSON value")]
    [InlineData("2A090A016512040A02C328", "not valid UTF-8")]
    [InlineData("2A080A016512031A010A", "must be a google.protobuf.Any")]
    [InlineData("3200", "needs the field 'group'")]
    [InlineData("0A00", "needs the field 'group'")]
    public async Task A_malformed_frame_ends_the_connection_and_says_why(string hex, string why)
    {
        await using var server = await HubServer.StartAsync();
        using var client = await ConnectAsync(server, ProtobufClient.Reliable);

        await client.SendAsync(Convert.FromHexString(hex));
        var said = await client.ReadToCloseAsync();

        Assert.StartsWith("malformed-frame: ", said, StringComparison.Ordinal);
        Assert.Contains(why, said, StringComparison.Ordinal);
        Assert.Equal((WebSocketCloseStatus.PolicyViolation, "malformed-frame"), (client.CloseStatus, client.CloseReason));
    }

    [Fact]
    public async Task A_text_frame_is_malformed()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await ConnectAsync(server);

        await client.SendAsync("{}"u8.ToArray(), WebSocketMessageType.Text);

        Assert.Contains("binary", await client.ReadToCloseAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_fields_of_a_newer_client_are_passed_over()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await ConnectAsync(server);
        var message = new UpstreamMessage { Event = new UpstreamMessage.Types.Event { Event_ = "e", Data = new MessageData { TextData = "1" } } };
        byte[] inside = [.. message.Event.ToByteArray(), 0x22, 2, 0x0A, 0];

        await client.SendAsync([0x2A, (byte)inside.Length, .. inside, 0xF8, 0x06, 1]);

        Assert.Equal("1", (await client.ReadAsync()).Data.Data.TextData);
    }

    private static Task<ProtobufClient> ConnectAsync(HubServer server, string subprotocol = ProtobufClient.Plain, string[]? roles = null)
    {
        return ProtobufClient.ConnectAsync(server.ClientUrl($"access_token={server.Token(roles: roles)}"), subprotocol);
    }

    private static Task<ProtobufClient> RecoverAsync(HubServer server, ProtobufClient client, string subprotocol)
    {
        return ProtobufClient.ConnectAsync(RecoveryUrl(server, client), subprotocol);
    }

    private static Uri RecoveryUrl(HubServer server, ProtobufClient client)
    {
        var token = Uri.EscapeDataString(client.Connected.ReconnectionToken);
        return server.ClientUrl($"awps_connection_id={client.Connected.ConnectionId}&awps_reconnection_token={token}");
    }

    private static (ulong SequenceId, string Json) Told(DownstreamMessage message) => (message.Data.SequenceId, message.Data.Data.JsonData);
}
