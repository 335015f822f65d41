using System.Buffers;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;
using PaymentMonitor.Tests.Contracts;

namespace PaymentMonitor.Tests.Embedded;

public sealed class PackedOrderTests
{
    private static readonly OrderKey Key = Reports.Key("m-1", "o-1");

    /// <summary>Everything that an order can hold, each of it set to something.</summary>
    private static readonly Order Full = new(Key.MachineId, Key.OrderId)
    {
        RulesVersion = 7,
        Status = OrderStatus.Unresolved,
        ConfirmedVersion = 1,
        Clock = WireSamples.Noon,
        Due = WireSamples.Noon.AddMinutes(3),
        VerdictAskedAt = WireSamples.Noon.AddTicks(-1),
        AllowedPayment = PaymentId.Parse("p:1"),
        CompletedPayment = PaymentId.Parse("p:2"),
        Errands = ProviderErrands.Claim | ProviderErrands.Close,
        Flags = [OrderFlags.Clock, OrderFlags.OrderFull],
        Envelopes =
        [
            .. WireSamples.Events.Select((reported, i) => new Envelope(
                reported with { OrderId = Key.OrderId },
                (EventSource)(i % 3),
                Key.MachineId,
                WireSamples.Noon.AddMilliseconds(-i),
                WireSamples.Noon.AddMilliseconds(-i).AddTicks(-i),
                ClockSuspect: i % 2 == 1)),
        ],
        Decisions = [.. WireSamples.ServerMessages.OfType<Decision>()],
        Notices =
        [
            new Notice(1, NoticeTypes.OrderCreated, WireSamples.Noon.AddSeconds(-9)),
            new Notice(2, NoticeTypes.OrderPaid, WireSamples.Noon, PaymentId.Parse("p:1")),
        ],
    };

    [Fact]
    public void All_that_an_order_holds_reads_back_as_it_was()
    {
        Assert.Equal(Json(Full), Json(PackedOrder.Read(Pack(Full))));
        Assert.Equal(Full.Envelopes.ToArray(), PackedOrder.Read(Pack(Full)).Envelopes.ToArray());
        Assert.Equal(Full.Decisions.ToArray(), PackedOrder.Read(Pack(Full)).Decisions.ToArray());
    }

    [Fact]
    public void An_order_of_which_nothing_is_known_reads_back_as_it_was()
    {
        var order = new Order(Key.MachineId, Key.OrderId);

        Assert.Equal(Json(order), Json(PackedOrder.Read(Pack(order))));
    }

    [Fact]
    public void An_order_whose_name_is_known_gets_no_new_strings_for_it()
    {
        var order = PackedOrder.Read(Pack(Full), Key);

        Assert.Same(Key.OrderId.Value, order.OrderId.Value);
        Assert.All(order.Envelopes, envelope => Assert.Same(Key.OrderId.Value, envelope.Event.OrderId.Value));
        Assert.Equal(Json(Full), Json(order));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(130)]
    [InlineData(1_000)]
    [InlineData(10_000)]
    public void Room_behind_an_order_says_nothing(int room)
    {
        var writer = new ProtobufWriter();
        writer.Number(1, 1L);
        var start = writer.Length;
        PackedOrder.Write(writer, Full);
        var length = writer.Length - start;
        PackedOrder.MakeRoom(writer, start, length + room);

        Assert.InRange(writer.Length - start, length, length + room);
        Assert.InRange(writer.Length - start, length + room - 6, int.MaxValue);
        Assert.Equal(Json(Full), Json(PackedOrder.Read(writer.WrittenSpan[start..])));
    }

    [Fact]
    public void What_is_cut_off_or_no_order_is_refused_as_unreadable()
    {
        var packed = Pack(Full);

        Assert.All(Enumerable.Range(packed.Length - 12, 12), length => Assert.Throws<FormatException>(() => PackedOrder.Read(packed.AsSpan(0, length))));
        Assert.Throws<FormatException>(() => PackedOrder.Read("not an order"u8));
    }

    [Fact]
    public void An_ordinary_sale_is_less_than_half_of_its_json_and_has_its_room_from_the_start()
    {
        const int Room = 1_240;
        var sold = Testing.Reports.After(
            Reports.Created("m-1", "o-1", WireSamples.Noon), Reports.Paid("m-1", "o-1", WireSamples.Noon), Reports.Shipped("m-1", "o-1", WireSamples.Noon.AddSeconds(3)));

        var bytes = Pack(sold).Length;

        Assert.InRange(bytes, 1, Room);
        Assert.InRange(bytes, 1, Json(sold).Length / 2);
    }

    private static byte[] Pack(Order order)
    {
        var writer = new ProtobufWriter();
        PackedOrder.Write(writer, order);
        return writer.ToArray();
    }

    private static string Json(Order order)
    {
        var json = new ArrayBufferWriter<byte>();
        OrderDocument.Write(json, order);
        return System.Text.Encoding.UTF8.GetString(json.WrittenSpan);
    }
}
