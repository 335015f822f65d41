using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PaymentMonitor.Contracts;
using PaymentMonitor.Tests.WebPubSub;
using PaymentMonitor.Tests.WebPubSub.Frames;
using Proto = Paymentmonitor.V1;

namespace PaymentMonitor.Tests.Server;

/// <summary>A machine in another language: Google's code from the <c>.proto</c> files, and nothing of ours.</summary>
public sealed class ProtobufMachineTests
{
    [Fact]
    public async Task A_sale_in_protobuf_is_receipted_decided_and_confirmed_in_protobuf()
    {
        await using var server = await TestServer.StartAsync();
        using var machine = await ConnectAsync(server);

        await SayAsync(machine, "order", Event("e1", EventTypes.OrderCreated, new Proto.EventData { Amount = 250, Currency = "EUR", Channel = "card-terminal", ExpiresIn = 300 }));
        var created = await NextAsync(machine);
        await SayAsync(machine, "order", Event("e2", EventTypes.PaymentSucceeded, new Proto.EventData { Amount = 250, PaymentId = "p1" }));
        Proto.ServerMessage[] answers = [await NextAsync(machine), await NextAsync(machine)];
        var allowed = answers.Single(answer => answer.Decision is not null).Decision;
        var sync = new Proto.SyncRequest();
        sync.Confirmed.Add(new Proto.Confirmation { OrderId = "o1", Version = allowed.Version });
        await SayAsync(machine, "sync", sync);
        var synced = await NextAsync(machine);

        Assert.Equal(("e1", Proto.ReceiptStatus.Accepted), (created.Receipt.Id, created.Receipt.Status));
        Assert.NotNull(created.Receipt.ServerTime);
        Assert.Equal("e2", answers.Single(answer => answer.Receipt is not null).Receipt.Id);
        Assert.Equal(("o1", 1, DecisionKinds.ShipmentAllowed), (allowed.OrderId, allowed.Version, allowed.Kind));
        Assert.Equal(TimeSpan.FromSeconds(60), allowed.ValidUntil.ToDateTimeOffset() - allowed.DecidedAt.ToDateTimeOffset());
        Assert.Empty(synced.Sync.Decisions);
        var order = await server.OrderAsync("m-1", "o1", o => o["confirmedVersion"]!.GetValue<int>() == 1);
        Assert.Equal("ShipmentAllowed", order["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_event_packed_as_any_is_read_as_well()
    {
        await using var server = await TestServer.StartAsync();
        using var machine = await ConnectAsync(server);

        await machine.SendEventAsync("order", new MessageData { ProtobufData = Any.Pack(Event("e1", EventTypes.OrderCancelled, new Proto.EventData())) });

        Assert.Equal(Proto.ReceiptStatus.Accepted, (await NextAsync(machine)).Receipt.Status);
    }

    [Fact]
    public async Task Json_on_a_protobuf_connection_is_read_and_answered_in_the_connection_s_form()
    {
        await using var server = await TestServer.StartAsync();
        using var machine = await ConnectAsync(server);

        await machine.SendEventAsync("order", new MessageData { JsonData = """{"id":"e1","type":"order.cancelled","orderId":"o1","time":"2026-03-01T12:00:00Z"}""" });

        Assert.Equal("e1", (await NextAsync(machine)).Receipt.Id);
    }

    [Fact]
    public async Task Bad_input_is_refused_by_name_and_the_connection_stays()
    {
        await using var server = await TestServer.StartAsync();
        using var machine = await ConnectAsync(server);

        await machine.SendEventAsync("order", new MessageData { BinaryData = ByteString.CopyFrom(0x0A, 0x05) });
        var malformed = (await NextAsync(machine)).Receipt;
        await SayAsync(machine, "order", Event("e1", "order.exploded", new Proto.EventData()));
        var unknown = (await NextAsync(machine)).Receipt;
        await machine.SendEventAsync("sync", new MessageData { BinaryData = ByteString.CopyFrom(0x0A, 0x00) });
        var sync = (await NextAsync(machine)).Receipt;
        await machine.SendEventAsync("order", new MessageData { BinaryData = ByteString.CopyFrom(new byte[65 * 1024]) });
        var tooLarge = (await NextAsync(machine)).Receipt;

        Assert.Equal((false, Proto.ReceiptStatus.Rejected, "malformed"), (malformed.HasId, malformed.Status, malformed.Error.Name));
        Assert.Equal(("e1", Proto.ReceiptStatus.Rejected, "unknown-type"), (unknown.Id, unknown.Status, unknown.Error.Name));
        Assert.Equal("malformed", sync.Error.Name);
        Assert.Equal("too-large", tooLarge.Error.Name);
    }

    private static async Task<ProtobufClient> ConnectAsync(TestServer server)
    {
        var secret = await server.RegisterAsync("m-1", "card-terminal");
        return await ProtobufClient.ConnectAsync(await server.SocketUrlAsync("m-1", secret), ProtobufClient.Reliable);
    }

    private static Proto.Event Event(string id, string type, Proto.EventData data) => new()
    {
        Id = id,
        Type = type,
        OrderId = "o1",
        Time = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
        Data = data,
    };

    private static Task SayAsync(ProtobufClient machine, string name, IMessage message)
    {
        return machine.SendEventAsync(name, new MessageData { BinaryData = message.ToByteString() });
    }

    private static async Task<Proto.ServerMessage> NextAsync(ProtobufClient machine)
    {
        return Proto.ServerMessage.Parser.ParseFrom((await machine.ReadAsync()).Data.Data.BinaryData);
    }
}
