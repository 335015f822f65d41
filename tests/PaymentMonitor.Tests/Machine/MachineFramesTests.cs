using System.Text;
using System.Text.Json;
using Google.Protobuf;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;
using PaymentMonitor.Tests.Contracts;
using PaymentMonitor.Tests.WebPubSub.Frames;
using Proto = Paymentmonitor.V1;

namespace PaymentMonitor.Tests.Machine;

/// <summary>The SDK's frames against Google's code on the other side.</summary>
public sealed class MachineFramesTests
{
    private readonly MachineFrames _protobuf = MachineFrames.Of(MachineSubprotocol.ReliableProtobuf);
    private readonly MachineFrames _json = MachineFrames.Of(MachineSubprotocol.ReliableJson);

    [Fact]
    public void Events_syncs_acks_and_pings_are_what_google_s_code_reads()
    {
        var long_ = WireSamples.Events.MaxBy(e => EventProtobuf.ToBytes(e).Length)!;
        var order = UpstreamMessage.Parser.ParseFrom(_protobuf.Order(long_).ToArray()).Event;
        var sync = UpstreamMessage.Parser.ParseFrom(_protobuf.Sync(WireSamples.SyncRequests[1]).ToArray()).Event;
        var ack = UpstreamMessage.Parser.ParseFrom(_protobuf.SequenceAck(ulong.MaxValue).ToArray()).SequenceAck;
        var ping = UpstreamMessage.Parser.ParseFrom(_protobuf.Ping().ToArray());

        Assert.Equal("order", order.Event_);
        Assert.False(order.HasAckId);
        Assert.True(EventProtobuf.TryRead(order.Data.BinaryData.Span, out var read, out _));
        Assert.Equal(long_, read);
        Assert.Equal("sync", sync.Event_);
        Assert.Equal(41, Proto.SyncRequest.Parser.ParseFrom(sync.Data.BinaryData).Seen.Seq);
        Assert.Equal(ulong.MaxValue, ack.SequenceId);
        Assert.Equal(UpstreamMessage.MessageOneofCase.Ping, ping.MessageCase);
    }

    [Fact]
    public void A_greeting_tells_how_to_recover_in_both_forms()
    {
        var connected = new DownstreamMessage.Types.Connected { ConnectionId = "c1", UserId = "m-1", ReconnectionToken = "t1" };
        var frame = _protobuf.Read(new DownstreamMessage { System = new DownstreamMessage.Types.System { Connected = connected } }.ToByteArray());
        var text = _json.Read("""{"type":"system","event":"connected","userId":"m-1","connectionId":"c1","reconnectionToken":"t1"}"""u8);

        Assert.Equal((ServerFrameKind.Connected, "c1", "t1"), (frame.Kind, frame.ConnectionId, frame.ReconnectionToken));
        Assert.Equal((ServerFrameKind.Connected, "c1", "t1"), (text.Kind, text.ConnectionId, text.ReconnectionToken));
    }

    [Fact]
    public void A_server_message_is_read_in_either_form_on_either_subprotocol()
    {
        var sent = Receipt.Accepted("e1");
        var bytes = ServerMessageProtobuf.ToBytes(sent);
        var json = JsonSerializer.Serialize<ServerMessage>(sent, WireJson.Default.ServerMessage);

        Assert.Equal(sent, Data(new MessageData { BinaryData = ByteString.CopyFrom(bytes) }));
        Assert.Equal(sent, Data(new MessageData { JsonData = json }));
        Assert.Equal(sent, Text($$"""{"sequenceId":3,"type":"message","from":"server","dataType":"json","data":{{json}}}"""));
        Assert.Equal(sent, Text($$"""{"sequenceId":3,"type":"message","from":"server","dataType":"binary","data":"{{Convert.ToBase64String(bytes)}}"}"""));

        ServerMessage? Data(MessageData data)
        {
            var frame = _protobuf.Read(new DownstreamMessage { Data = new DownstreamMessage.Types.DataMessage { From = "server", Data = data, SequenceId = 3 } }.ToByteArray());
            Assert.Equal((ServerFrameKind.Message, 3UL), (frame.Kind, frame.SequenceId));
            return frame.Message();
        }

        ServerMessage? Text(string text)
        {
            var frame = _json.Read(Encoding.UTF8.GetBytes(text));
            Assert.Equal((ServerFrameKind.Message, 3UL), (frame.Kind, frame.SequenceId));
            return frame.Message();
        }
    }

    [Fact]
    public void A_farewell_is_told_and_what_is_of_no_use_is_passed_over()
    {
        var farewell = _protobuf.Read(new DownstreamMessage
        {
            System = new DownstreamMessage.Types.System { Disconnected = new DownstreamMessage.Types.Disconnected { Reason = "Going." } },
        }.ToByteArray());
        var group = _protobuf.Read(new DownstreamMessage { Data = new DownstreamMessage.Types.DataMessage { From = "group", Group = "g", Data = new MessageData { TextData = "x" } } }.ToByteArray());
        var ack = _protobuf.Read(new DownstreamMessage { Ack = new DownstreamMessage.Types.Ack { AckId = 1, Success = true } }.ToByteArray());
        var pong = _protobuf.Read(new DownstreamMessage { Pong = new DownstreamMessage.Types.Pong() }.ToByteArray());

        Assert.Equal((ServerFrameKind.Disconnected, "Going."), (farewell.Kind, Encoding.UTF8.GetString(farewell.Data)));
        Assert.Equal([ServerFrameKind.Other, ServerFrameKind.Other, ServerFrameKind.Other], new[] { group.Kind, ack.Kind, pong.Kind });
    }

    [Fact]
    public void Garbage_is_refused_by_an_exception_that_the_connection_knows()
    {
        Assert.Throws<ProtobufException>(() => _protobuf.Read([0x12, 0x7F]).Kind);
        Assert.Throws<ProtobufException>(() => _protobuf.Read("<html>"u8).Kind);
        Assert.ThrowsAny<JsonException>(() => _json.Read("<html>"u8).Kind);
        Assert.ThrowsAny<JsonException>(() => _json.Read("""{"type":"message","from":"server","dataType":"binary","data":"***"}"""u8).Kind);
    }
}
