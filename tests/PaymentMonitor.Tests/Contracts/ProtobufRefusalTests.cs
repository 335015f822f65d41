using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PaymentMonitor.Contracts;
using Proto = Paymentmonitor.V1;

namespace PaymentMonitor.Tests.Contracts;

public sealed class ProtobufRefusalTests
{
    public static TheoryData<string, Action<Proto.Event>> Faults => new()
    {
        { "missing-field", sent => sent.Id = "" },
        { "missing-field", sent => sent.Type = "" },
        { "missing-field", sent => sent.OrderId = "" },
        { "missing-field", sent => sent.Time = null },
        { "missing-field", sent => sent.Seq = 1 },
        { "missing-field", sent => sent.Boot = 1 },
        { "missing-field", sent => sent.Data.ClearPaymentId() },
        { "missing-field", sent => sent.Data.ClearAmount() },
        { "missing-field", sent => sent.Data = null },
        { "invalid-field", sent => sent.Id = "e 1" },
        { "invalid-field", sent => sent.Id = new string('e', EventId.MaxLength + 1) },
        { "invalid-field", sent => sent.OrderId = "o/1" },
        { "invalid-field", sent => (sent.Boot, sent.Seq) = (1, -1) },
        { "invalid-field", sent => sent.Time = new Timestamp { Seconds = long.MaxValue } },
        { "invalid-field", sent => sent.Time = new Timestamp { Seconds = 1, Nanos = 1_000_000_000 } },
        { "invalid-field", sent => sent.SentAt = new Timestamp { Seconds = 1, Nanos = -1 } },
        { "invalid-field", sent => sent.Data.PaymentId = "" },
        { "invalid-field", sent => sent.Data.Currency = "eur" },
        { "invalid-field", sent => sent.Data.Reason = new string('x', 257) },
        { "invalid-field", sent => sent.Data.Reason = new string('x', 100_000) },
        { "invalid-amount", sent => sent.Data.Amount = 0 },
        { "invalid-amount", sent => sent.Data.Amount = -5 },
        { "invalid-amount", sent => sent.Data.Amount = OrderEvent.MaxAmount + 1 },
        { "unknown-type", sent => sent.Type = "order.exploded" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void What_is_not_an_event_is_refused_by_the_names_that_json_has(string name, Action<Proto.Event> spoil)
    {
        var sent = Good();
        spoil(sent);

        Assert.False(EventProtobuf.TryRead(sent.ToByteArray(), out _, out var refusal));

        Assert.Equal(name, refusal.Error.Name);
        Assert.EndsWith(".", refusal.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_carries_the_id_that_could_be_read()
    {
        var sent = Good();
        sent.Data.Amount = 0;

        Assert.False(EventProtobuf.TryRead(sent.ToByteArray(), out _, out var refusal));

        Assert.Equal("e1", refusal.Id);
    }

    [Theory]
    [InlineData("0A05")]
    [InlineData("0AFFFFFFFFFFFFFFFFFF01")]
    [InlineData("0A")]
    [InlineData("80")]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFF")]
    [InlineData("0B0C")]
    [InlineData("0E")]
    [InlineData("0001")]
    [InlineData("7D0102")]
    [InlineData("7901020304")]
    [InlineData("FFFFFFFFFFFFFFFF7F00")]
    public void Bytes_that_are_no_message_are_malformed(string hex)
    {
        Assert.False(EventProtobuf.TryRead(Convert.FromHexString(hex), out _, out var refusal));

        Assert.Equal("malformed", refusal.Error.Name);
        Assert.EndsWith(".", refusal.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_is_not_utf_8_is_refused()
    {
        Assert.False(EventProtobuf.TryRead([0x0A, 0x02, 0xC3, 0x28], out _, out var refusal));

        Assert.Equal("invalid-field", refusal.Error.Name);
    }

    [Fact]
    public void No_bytes_are_an_event_without_its_fields()
    {
        Assert.False(EventProtobuf.TryRead([], out _, out var refusal));

        Assert.Equal("missing-field", refusal.Error.Name);
    }

    [Fact]
    public void A_message_cut_short_anywhere_or_with_a_byte_changed_is_read_or_refused_but_never_throws()
    {
        foreach (var sent in WireSamples.Events)
        {
            var bytes = EventProtobuf.ToBytes(sent);
            for (var i = 0; i < bytes.Length; i++)
            {
                EventProtobuf.TryRead(bytes.AsSpan(0, i), out _, out _);
                var changed = bytes.ToArray();
                changed[i] ^= 0x85;
                EventProtobuf.TryRead(changed, out _, out _);
            }
        }
    }

    [Fact]
    public void A_server_message_cut_short_or_changed_is_read_or_refused_by_one_exception()
    {
        foreach (var bytes in WireSamples.ServerMessages.Select(ServerMessageProtobuf.ToBytes))
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                var changed = bytes.ToArray();
                changed[i] ^= 0x85;
                Read(bytes.AsSpan(0, i));
                Read(changed);
            }
        }

        static void Read(ReadOnlySpan<byte> bytes)
        {
            try
            {
                ServerMessageProtobuf.Read(bytes);
            }
            catch (ProtobufException)
            {
                // The one way to refuse.
            }
        }
    }

    [Fact]
    public void Fields_of_a_newer_sender_are_passed_over_whatever_their_wire_type()
    {
        byte[] newer =
        [
            .. Good().ToByteArray(),
            0xA0, 0x06, 0x96, 0x01, // field 100, a number
            0xA1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, // eight bytes
            0xA2, 0x06, 3, 1, 2, 3, // a run of bytes
            0xA5, 0x06, 1, 2, 3, 4, // four bytes
            0x08, 0x01, // field 1 as a number, which it is not
        ];

        Assert.True(EventProtobuf.TryRead(newer, out var read, out _));

        Assert.Equal("e1", read.Id.Value);
    }

    [Fact]
    public void Data_in_several_parts_is_one()
    {
        var first = Good();
        first.Data.ClearAmount();
        var second = new Proto.Event { Data = new Proto.EventData { Amount = 7 } };

        Assert.True(EventProtobuf.TryRead([.. first.ToByteArray(), .. second.ToByteArray()], out var read, out _));

        Assert.Equal(new OrderEvent.PaymentSucceeded(PaymentId.Parse("p1"), 7), read.Body);
    }

    [Fact]
    public void A_receipt_of_an_unknown_status_is_never_taken_for_accepted()
    {
        var unknown = new Proto.ServerMessage { Receipt = new Proto.Receipt { Id = "e1", Status = (Proto.ReceiptStatus)9 } };
        var none = new Proto.ServerMessage { Receipt = new Proto.Receipt { Id = "e1" } };

        Assert.Throws<ProtobufException>(() => ServerMessageProtobuf.Read(unknown.ToByteArray()));
        Assert.Throws<ProtobufException>(() => ServerMessageProtobuf.Read(none.ToByteArray()));
    }

    [Fact]
    public void A_permission_whose_end_cannot_be_read_is_no_permission()
    {
        var message = Proto.ServerMessage.Parser.ParseFrom(ServerMessageProtobuf.ToBytes(WireSamples.ServerMessages.OfType<Decision>().First()));
        message.Decision.ValidUntil = new Timestamp { Seconds = long.MaxValue };

        Assert.Throws<ProtobufException>(() => ServerMessageProtobuf.Read(message.ToByteArray()));
    }

    [Fact]
    public void A_message_of_a_newer_back_end_is_nothing_rather_than_an_error()
    {
        Assert.Null(ServerMessageProtobuf.Read([0x7A, 0x01, 0x00]));
        Assert.Null(ServerMessageProtobuf.Read([]));
    }

    private static Proto.Event Good() => new()
    {
        Id = "e1",
        Type = EventTypes.PaymentSucceeded,
        OrderId = "o1",
        Time = Timestamp.FromDateTimeOffset(WireSamples.Noon),
        Data = new Proto.EventData { PaymentId = "p1", Amount = 100 },
    };
}
