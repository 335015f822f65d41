using System.Text.Json;
using PaymentMonitor.Domain;
using PaymentMonitor.Server;

namespace PaymentMonitor.Tests;

public sealed class ReplayTests
{
    private const string Created = """{"amount":300,"currency":"EUR","channel":"qr","expiresIn":60}""";
    private const string CreatedCash = """{"amount":300,"currency":"EUR","channel":"cash","expiresIn":60}""";
    private const string Paid = """{"paymentId":"p1","amount":300}""";

    [Fact]
    public void A_paid_and_shipped_order_completes()
    {
        var order = Assert.Single(Run(
            Line(0, "machine", "order.created", Created),
            Line(10, "provider", "payment.succeeded", Paid),
            Line(20, "machine", "shipment.completed")).Orders);

        Assert.Equal(("m1", "o1", OrderStatus.Completed), (order.MachineId, order.OrderId, order.Status));
        Assert.Equal((300, 0), (order.Paid, order.Refunded));
        Assert.Equal(["shipment.allowed", "trade.completed"], order.Decisions.Select(d => d.Kind));

        // Nobody gives a verdict in a replay: the policy does, after its second.
        Assert.Equal([11, 20], order.Decisions.Select(d => d.DecidedAt.Second));
    }

    [Fact]
    public void What_is_due_fires_before_the_line_that_arrives_then()
    {
        var order = Assert.Single(Run(
            Line(0, "machine", "order.created", CreatedCash),
            Line(65, "machine", "payment.succeeded", Paid, at: 60)).Orders);

        Assert.Equal(["trade.closed:expired", "refund.due:late"], order.Decisions.Select(d => $"{d.Kind}:{d.Reason}"));
        Assert.Equal(new DateTime(2026, 1, 1, 0, 1, 5, DateTimeKind.Utc), order.Decisions[0].DecidedAt);
        Assert.Equal("p1", order.Decisions[1].Refund!.PaymentId.Value);
    }

    [Fact]
    public void At_the_end_the_clock_runs_until_nothing_is_due()
    {
        var order = Assert.Single(Run(Line(0, "machine", "order.created", Created)).Orders);

        // No provider answers in a replay.
        Assert.Equal(OrderStatus.Unresolved, order.Status);
        Assert.Empty(order.Decisions);
    }

    [Fact]
    public void The_clock_can_be_advanced_without_an_event()
    {
        var report = Run(
            Line(0, "machine", "order.created", CreatedCash),
            """{"advanceTo":"2026-01-01T00:01:06Z"}""",
            Line(30, "machine", "payment.succeeded", Paid));

        // The payment stands behind the advance, and the clock never runs backwards: it arrives at 66.
        Assert.Equal([65, 71], report.Orders[0].Decisions.Select(d => (d.DecidedAt - new DateTime(2026, 1, 1)).TotalSeconds));
    }

    [Fact]
    public void Orders_share_one_clock_and_are_sorted_by_machine_and_order()
    {
        var report = Run(
            Line(0, "machine", "order.created", CreatedCash, machine: "m2"),
            Line(0, "machine", "order.created", CreatedCash, order: "o2"),
            Line(1, "machine", "order.created", CreatedCash, order: "B"),
            Line(500, "machine", "order.created", CreatedCash, order: "o1"));

        Assert.Equal(["m1/B", "m1/o1", "m1/o2", "m2/o1"], report.Orders.Select(o => $"{o.MachineId}/{o.OrderId}"));
        Assert.All(report.Orders, o => Assert.Equal(OrderStatus.Closed, o.Status));
    }

    [Fact]
    public void Recorded_timers_are_the_only_ones()
    {
        string[] history =
        [
            Line(0, "machine", "order.created", CreatedCash),
            Line(80, "system", "order.due"),
            Line(81, "machine", "order.created", CreatedCash, order: "o2"),
        ];

        var own = Run(history);
        Assert.Equal([65, 146], own.Orders.Select(o => (o.Decisions[0].DecidedAt - new DateTime(2026, 1, 1)).TotalSeconds));

        var recorded = Run(["""{"timers":"recorded"}""", .. history]);
        Assert.Equal([80], recorded.Orders[0].Decisions.Select(d => (d.DecidedAt - new DateTime(2026, 1, 1)).TotalSeconds));
        Assert.Equal(OrderStatus.Created, recorded.Orders[1].Status);
    }

    [Fact]
    public void Recorded_verdicts_and_answers_count()
    {
        var order = Assert.Single(Run(
            Line(0, "machine", "order.created", Created),
            Line(10, "provider", "payment.succeeded", Paid),
            Line(10, "system", "order.assessed", """{"verdict":"deny","by":"risk"}""", id: "o1/assessed"),
            Line(20, "provider", "refund.completed", """{"paymentId":"p1"}""")).Orders);

        Assert.Equal(OrderStatus.Refunded, order.Status);
        Assert.Equal((300, 300), (order.Paid, order.Refunded));
        Assert.Equal(["denied", "denied"], order.Decisions.Select(d => d.Reason));
    }

    [Fact]
    public void A_clock_error_is_a_flag()
    {
        var order = Assert.Single(Run(Line(3600, "machine", "order.created", Created, at: 0)).Orders);

        Assert.Equal(["clock"], order.Flags);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("   ", null)]
    [InlineData("{", "malformed")]
    [InlineData("[]", "malformed")]
    [InlineData("42", "malformed")]
    [InlineData("{}", "missing-field")]
    [InlineData("""{"timers":"recorded"}""", "timers-not-first")]
    [InlineData("""{"timers":1}""", "invalid-field")]
    [InlineData("""{"advanceTo":"soon"}""", "invalid-field")]
    [InlineData("""{"advanceTo":"9999-12-31T23:59:59Z"}""", "invalid-field")]
    [InlineData("""{"receivedAt":"x","source":"machine","machineId":"m1","event":{}}""", "invalid-field")]
    [InlineData("""{"receivedAt":"2026-01-01T00:00:00Z","source":"nobody","machineId":"m1","event":{}}""", "invalid-field")]
    [InlineData("""{"receivedAt":"2026-01-01T00:00:00Z","source":"machine","machineId":"M1","event":{}}""", "invalid-field")]
    [InlineData("""{"receivedAt":"2026-01-01T00:00:00Z","source":"machine","machineId":"m1","event":7}""", "malformed")]
    [InlineData("""{"receivedAt":"2026-01-01T00:00:00Z","source":"machine","machineId":"m1","event":{}}""", "missing-field")]
    public void A_broken_line_is_set_aside_by_name(string line, string? reason)
    {
        var report = Run(Line(0, "machine", "order.created", CreatedCash), line, Line(1, "machine", "shipment.completed"));

        Assert.Equal(reason is null ? [] : [new ReplaySetAside(2, reason)], report.SetAside);
        Assert.Single(report.Orders);
    }

    [Fact]
    public void What_the_rules_set_aside_is_listed_with_its_line()
    {
        var report = Run(
            Line(0, "machine", "order.created", Created),
            Line(1, "provider", "shipment.completed"),
            Line(2, "machine", "order.created", CreatedCash),
            Line(3, "machine", "order.vanished"),
            Line(4, "machine", "order.cancelled", order: "never", machine: "m9", at: 4),
            Line(5, "provider", "order.cancelled", order: "nothing"));

        Assert.Equal(
            [
                new ReplaySetAside(2, "wrong-source"), new ReplaySetAside(3, "terms-changed"),
                new ReplaySetAside(4, "unknown-type"), new ReplaySetAside(6, "wrong-source"),
            ],
            report.SetAside);

        // Nothing of the last one was accepted, so there is no such order.
        Assert.Equal(["o1", "never"], report.Orders.Select(o => o.OrderId));
    }

    [Fact]
    public void A_repeat_is_not_set_aside()
    {
        var report = Run(Line(0, "machine", "order.created", Created, id: "e"), Line(1, "machine", "order.created", Created, id: "e"));

        Assert.Empty(report.SetAside);
    }

    [Fact]
    public void The_report_is_json_of_the_agreed_shape()
    {
        var json = Run(
            Line(0, "machine", "order.created", CreatedCash),
            Line(70, "machine", "payment.succeeded", Paid),
            "{").ToJson();

        using var report = JsonDocument.Parse(json);
        Assert.Equal(
            """
            {"orders":[{"machineId":"m1","orderId":"o1","status":"Unresolved","decisions":[{"version":1,"kind":"trade.closed","reason":"expired","decidedAt":"2026-01-01T00:01:05Z"},{"version":2,"kind":"refund.due","reason":"late","decidedAt":"2026-01-01T00:01:15Z","refund":{"refundId":"m1:o1:p1","paymentId":"p1","amount":300,"currency":"EUR"}}],"paid":300,"refunded":0,"flags":[]}],"setAside":[{"line":3,"reason":"malformed"}]}
            """,
            JsonSerializer.Serialize(report.RootElement));
    }

    private static int _ids;

    private static ReplayReport Run(params string[] lines) => Replay.Run(lines, OrderOptions.Default);

    private static string Line(
        int receivedAt, string source, string type, string data = "{}", int? at = null, string? id = null, string machine = "m1", string order = "o1")
    {
        return $$$"""
            {"receivedAt":"{{{Time(receivedAt)}}}","source":"{{{source}}}","machineId":"{{{machine}}}","event":{"id":"{{{id ?? $"e{Interlocked.Increment(ref _ids)}"}}}","type":"{{{type}}}","orderId":"{{{order}}}","time":"{{{Time(at ?? receivedAt)}}}","data":{{{data}}}}}
            """;
    }

    private static string Time(int seconds) => new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(seconds).ToString("yyyy-MM-ddTHH:mm:ss.fffZ");
}
