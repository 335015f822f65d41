using System.Text;
using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Tests.Contracts;

public sealed class ServerMessageJsonTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 25, 8, 30, 0, 120, TimeSpan.Zero);

    public static TheoryData<ServerMessage> Messages => new()
    {
        Receipt.Accepted("01JD000000000000000000000A"),
        Receipt.Accepted("01JD000000000000000000000A") with { ServerTime = Time },
        Receipt.Rejected(null, new NamedError("malformed", "It says \"<no>\", ünïcode and \u0001.")),
        Receipt.Retry("a", new NamedError("unavailable", "Later."), TimeSpan.FromSeconds(2)) with { ServerTime = Time.AddTicks(1) },
        new Decision(OrderId.Parse("o-1"), 1, DecisionKinds.ShipmentAllowed, "paid", Time, Time.AddSeconds(60)),
        new Decision(OrderId.Parse("o-1"), 2, DecisionKinds.TradeCompleted, "shipped", Time),
        new Decision(
            OrderId.Parse("o-1"), 3, DecisionKinds.RefundDue, "surplus", Time, null,
            new RefundOrder("o-1/refund/p", PaymentId.Parse("p-1"), 350, Currency.Parse("EUR")), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        new SyncAnswer([new Decision(OrderId.Parse("o-1"), 1, DecisionKinds.TradeClosed, "expired", Time)], [new ResendRange(1, 2, 3)]) { ServerTime = Time },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_written_by_hand_is_the_one_that_the_serializer_writes(ServerMessage message)
    {
        Assert.Equal(
            JsonSerializer.Serialize(message, WireJson.Default.ServerMessage),
            Encoding.UTF8.GetString(message.ToBytes(WireForm.Json)));
    }

    [Fact]
    public void A_message_is_not_spoilt_by_a_large_one_before_it()
    {
        var large = new string('x', 100_000);
        var sentence = Receipt.Rejected("a", new NamedError("large", large)).ToBytes(WireForm.Json);

        Assert.Contains(large, Encoding.UTF8.GetString(sentence), StringComparison.Ordinal);
        Assert.Equal("""{"type":"receipt","id":"a","status":"accepted"}""", Encoding.UTF8.GetString(Receipt.Accepted("a").ToBytes(WireForm.Json)));
    }
}
