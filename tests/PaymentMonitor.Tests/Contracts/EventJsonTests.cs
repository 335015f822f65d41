using System.Text;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Tests.Contracts;

public sealed class EventJsonTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<OrderEvent> EveryKindOfEvent =>
    [
        new OrderEvent.Created(250, Currency.Parse("EUR"), Channel.Parse("qr"), 120, PaymentReference.Parse("ref-1"), "SPRING"),
        new OrderEvent.Created(250, Currency.Parse("EUR"), Channel.Parse("cash"), 120),
        new OrderEvent.Cancelled(),
        new OrderEvent.PaymentStarted(),
        new OrderEvent.PaymentSucceeded(PaymentId.Parse("p:1"), 250, Currency.Parse("EUR")),
        new OrderEvent.PaymentSucceeded(PaymentId.Parse("p:1"), 250),
        new OrderEvent.PaymentFailed("declined"),
        new OrderEvent.PaymentChecked("unpaid"),
        new OrderEvent.ShipmentCompleted(),
        new OrderEvent.ShipmentFailed("jam"),
        new OrderEvent.RefundCompleted(PaymentId.Parse("p:1")),
        new OrderEvent.RefundCompleted(PaymentId.Parse("p:1"), "shop"),
        new OrderEvent.RefundFailed(PaymentId.Parse("p:1"), "closed account"),
        new OrderEvent.RefundFailed(PaymentId.Parse("p:1"), "closed account", "shop"),
        new OrderEvent.Assessed(OrderEvent.Assessed.Deny, "deny-list"),
        new OrderEvent.TimedOut("shipment"),
        new OrderEvent.Due(),
        new OrderEvent.Resolved("refunded-by-hand", "anna", "the customer called"),
        new OrderEvent.DecisionsLost(3),
    ];

    [Theory]
    [MemberData(nameof(EveryKindOfEvent))]
    public void What_is_written_is_read_back(OrderEvent body)
    {
        var sent = new ReportedEvent(EventId.Parse("01J8Z"), OrderId.Parse("o-1"), body, Noon, Noon.AddMilliseconds(7), Offline: true, Boot: 3, Seq: 41);

        Assert.True(EventJson.TryRead(EventJson.ToBytes(sent), out var read, out _));

        Assert.Equal(sent, read);
    }

    [Fact]
    public void Fields_come_in_any_order_and_unknown_ones_are_ignored()
    {
        var json = """{"data":{"amount":100,"new":{"a":[1]},"paymentId":"p1"},"x":[{"y":1}],"time":"2026-03-01T13:00:00+01:00","orderId":"o1","type":"payment.succeeded","id":"e1"}""";

        Assert.True(EventJson.TryRead(Encoding.UTF8.GetBytes(json), out var read, out _));

        Assert.Equal(new OrderEvent.PaymentSucceeded(PaymentId.Parse("p1"), 100), read.Body);
        Assert.Equal(Noon, read.Time);
    }

    [Theory]
    [InlineData("", "malformed")]
    [InlineData("[]", "malformed")]
    [InlineData("{\"id\":\"e1\"", "malformed")]
    [InlineData("""{"id":"e1","type":"order.cancelled","orderId":"o1","time":"2026-03-01T12:00:00Z"}{}""", "malformed")]
    [InlineData("""{"type":"order.cancelled","orderId":"o1","time":"2026-03-01T12:00:00Z"}""", "missing-field")]
    [InlineData("""{"id":"e1","orderId":"o1","time":"2026-03-01T12:00:00Z"}""", "missing-field")]
    [InlineData("""{"id":"e1","type":"order.cancelled","time":"2026-03-01T12:00:00Z"}""", "missing-field")]
    [InlineData("""{"id":"e1","type":"order.cancelled","orderId":"o1"}""", "missing-field")]
    [InlineData("""{"id":"e1","type":"order.cancelled","orderId":"o1","time":"2026-03-01T12:00:00Z","seq":1}""", "missing-field")]
    [InlineData("""{"id":"e1","type":"order.cancelled","orderId":"o1","time":"2026-03-01T12:00:00"}""", "invalid-field")]
    [InlineData("""{"id":"e1","type":"order.cancelled","orderId":"o1","time":12}""", "invalid-field")]
    [InlineData("""{"id":"e1","type":"order.cancelled","orderId":"o 1","time":"2026-03-01T12:00:00Z"}""", "invalid-field")]
    [InlineData("""{"id":"e1","type":"order.cancelled","orderId":"o1","time":"2026-03-01T12:00:00Z","boot":1,"seq":-1}""", "invalid-field")]
    [InlineData("""{"id":"e1","type":"order.cancelled","orderId":"o1","time":"2026-03-01T12:00:00Z","data":[]}""", "invalid-field")]
    [InlineData("""{"id":"e1","type":"order.cancelled","orderId":"o1","time":"2026-03-01T12:00:00Z","offline":"yes"}""", "invalid-field")]
    [InlineData("""{"id":"e1","type":"order.exploded","orderId":"o1","time":"2026-03-01T12:00:00Z"}""", "unknown-type")]
    public void What_is_not_an_event_is_refused_by_name(string json, string name)
    {
        Assert.False(EventJson.TryRead(Encoding.UTF8.GetBytes(json), out _, out var refusal));

        Assert.Equal(name, refusal.Error.Name);
        Assert.EndsWith(".", refusal.Error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("2.5")]
    [InlineData("\"100\"")]
    [InlineData("1000000000001")]
    [InlineData("99999999999999999999")]
    public void An_amount_that_is_not_a_sane_number_of_minor_units_is_refused(string amount)
    {
        var json = """{"id":"e1","type":"payment.succeeded","orderId":"o1","time":"2026-03-01T12:00:00Z","data":{"paymentId":"p1","amount":AMOUNT}}""".Replace("AMOUNT", amount, StringComparison.Ordinal);

        Assert.False(EventJson.TryRead(Encoding.UTF8.GetBytes(json), out _, out var refusal));

        Assert.Equal("invalid-amount", refusal.Error.Name);
        Assert.Equal("e1", refusal.Id);
    }

    [Fact]
    public void A_server_message_says_its_type_first_and_is_read_back()
    {
        ServerMessage sent = Receipt.Retry("e1", new NamedError("unavailable", "The disk is full."), TimeSpan.FromSeconds(2));

        var json = System.Text.Json.JsonSerializer.Serialize(sent, WireJson.Default.ServerMessage);

        Assert.Equal("""{"type":"receipt","id":"e1","status":"retry","error":{"name":"unavailable","message":"The disk is full."},"retryAfterMs":2000}""", json);
        Assert.Equal(sent, System.Text.Json.JsonSerializer.Deserialize(json, WireJson.Default.ServerMessage));
    }

    [Fact]
    public void A_webhook_signature_holds_for_its_id_time_and_body_only()
    {
        Assert.True(WebhookSecret.TryParse(WebhookSecret.Generate(), out var secret));
        var body = "{}"u8;
        var signature = secret.Sign("msg_1", Noon, body);
        var timestamp = Noon.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);

        Assert.True(secret.Verify("msg_1", timestamp, "v1,AAAA " + signature, body, Noon.AddMinutes(4)));
        Assert.False(secret.Verify("msg_2", timestamp, signature, body, Noon));
        Assert.False(secret.Verify("msg_1", timestamp, signature, "{ }"u8, Noon));
        Assert.False(secret.Verify("msg_1", timestamp, signature, body, Noon.AddMinutes(6)));
        Assert.False(secret.Verify("msg_1", "soon", signature, body, Noon));
    }

    [Fact]
    public void The_signature_agrees_with_the_specification_s_example()
    {
        Assert.True(WebhookSecret.TryParse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", out var secret));

        var signature = secret.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", DateTimeOffset.FromUnixTimeSeconds(1614265330), """{"test": 2432232314}"""u8);

        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signature);
    }
}
