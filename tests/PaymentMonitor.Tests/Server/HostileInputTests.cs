using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Tests.Server;

/// <summary>Reports that are well-formed and make no sense: each has a named outcome, and releases or keeps nothing.</summary>
public sealed class HostileInputTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task An_order_id_that_is_used_again_with_other_terms_keeps_the_first()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();

        await machine.SayAsync("o-1", TestMachine.Created(amount: 250), TestMachine.Created(amount: 1), TestMachine.Paid("p-1", amount: 1));

        Assert.Equal(["terms-changed"], await ReasonsAsync(server));
        Assert.Empty((await server.OrderAsync("m-1", "o-1"))["decisions"]!.AsArray());
    }

    [Fact]
    public async Task A_currency_that_changes_is_other_terms_and_a_payment_in_another_is_no_payment()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        await using var machine = await server.NewMachineAsync();
        var inDollars = new OrderEvent.Created(250, Currency.Parse("USD"), Channel.Parse("card-terminal"), 300);

        await machine.SayAsync("o-1", TestMachine.Created(), inDollars, new OrderEvent.PaymentSucceeded(PaymentId.Parse("p-1"), 250, Currency.Parse("USD")));
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(["terms-changed"], await ReasonsAsync(server));
        Assert.Equal((DecisionKinds.TradeClosed, "underpaid"), await DecisionAsync(machine));
        Assert.Equal((DecisionKinds.RefundDue, "underpaid"), await DecisionAsync(machine));
    }

    [Fact]
    public async Task A_refund_of_an_order_that_nobody_paid_is_flagged_and_gives_nothing_away()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();

        await machine.SayAsync("o-1", TestMachine.Created(), new OrderEvent.RefundCompleted(PaymentId.Parse("p-1")));

        var order = await server.OrderAsync("m-1", "o-1");
        Assert.Equal(["unknown-return"], order["flags"]!.AsArray().Select(flag => flag!.GetValue<string>()));
        Assert.Empty(order["decisions"]!.AsArray());
        Assert.Equal("Created", order["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_payment_for_an_order_that_nobody_created_waits_for_a_person_after_the_hold()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        await using var machine = await server.NewMachineAsync();

        await machine.SayAsync("o-1", TestMachine.Paid("p-1"));
        _time.Advance(TimeSpan.FromMinutes(15));

        var order = await server.OrderAsync("m-1", "o-1", order => order["status"]!.GetValue<string>() == "Unresolved");
        Assert.Empty(order["decisions"]!.AsArray());
        Assert.Contains(order["events"]!.AsArray(), e => e!["type"]!.GetValue<string>() == "order.timed-out" && e["data"]!["what"]!.GetValue<string>() == "creation");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(OrderEvent.MaxAmount + 1)]
    [InlineData(long.MaxValue)]
    public async Task An_amount_that_is_no_amount_is_rejected_wherever_it_stands(long amount)
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created());

        foreach (var body in new[] { TestMachine.Created(amount: amount), TestMachine.Paid("p-1", amount) })
        {
            var receipt = await machine.ReportAsync("o-1", body);
            Assert.Equal((ReceiptStatus.Rejected, "invalid-amount"), (receipt.Status, receipt.Error?.Name));
        }

        Assert.Equal("Created", (await server.OrderAsync("m-1", "o-1"))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_payment_reference_that_is_bound_twice_is_refused_to_the_second()
    {
        await using var server = await TestServer.StartAsync();
        await using var first = await server.NewMachineAsync("m-1", "qr");
        await using var second = await server.NewMachineAsync("m-2", "qr");
        await first.SayAsync("o-1", TestMachine.Created("qr", "ref-1"));

        var receipt = await second.ReportAsync("o-1", TestMachine.Created("qr", "ref-1"));

        Assert.Equal((ReceiptStatus.Rejected, "reference-taken"), (receipt.Status, receipt.Error?.Name));
        Assert.Equal((ReceiptStatus.Rejected, "reference-taken"), await ReceiptAsync(first, "o-2", TestMachine.Created("qr", "ref-1")));
    }

    [Fact]
    public async Task Two_payments_that_together_are_more_than_a_number_holds_are_each_what_they_are()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        await using var machine = await server.NewMachineAsync();

        await machine.SayAsync("o-1", TestMachine.Created(amount: OrderEvent.MaxAmount));
        for (var i = 1; i <= 3; i++)
        {
            await machine.SayAsync("o-1", TestMachine.Paid($"p-{i}", OrderEvent.MaxAmount));
        }

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(DecisionKinds.ShipmentAllowed, (await DecisionAsync(machine)).Kind);
        Assert.Equal((DecisionKinds.RefundDue, "surplus"), await DecisionAsync(machine));
        Assert.Equal((DecisionKinds.RefundDue, "surplus"), await DecisionAsync(machine));
    }

    [Fact]
    public async Task A_thousand_events_for_one_order_are_answered_and_do_not_grow_it()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created());
        for (var i = 0; i < 1_000; i++)
        {
            var receipt = await machine.ReportAsync("o-1", new OrderEvent.PaymentStarted());
            Assert.Equal(ReceiptStatus.Accepted, receipt.Status);
            _time.Advance(TimeSpan.FromMilliseconds(50));
        }

        await machine.SayAsync("o-1", TestMachine.Paid("p-1"));

        Assert.Equal(DecisionKinds.ShipmentAllowed, (await DecisionAsync(machine)).Kind);
        var order = await server.OrderAsync("m-1", "o-1");
        Assert.InRange(order["events"]!.AsArray().Count, 32, 64);
        Assert.Equal(["order-full"], order["flags"]!.AsArray().Select(flag => flag!.GetValue<string>()));
        Assert.All(await ReasonsAsync(server), reason => Assert.Equal("order-full", reason));
    }

    private static async Task<(ReceiptStatus, string?)> ReceiptAsync(TestMachine machine, string order, OrderEvent body)
    {
        var receipt = await machine.ReportAsync(order, body);
        return (receipt.Status, receipt.Error?.Name);
    }

    private static async Task<(string Kind, string Reason)> DecisionAsync(TestMachine machine)
    {
        var decision = await machine.NextDecisionAsync();
        return (decision.Kind, decision.Reason);
    }

    private static async Task<IEnumerable<string>> ReasonsAsync(TestServer server)
    {
        return ((JsonArray)(await server.GetAsync("/api/dead-letters"))["items"]!).Select(letter => letter!["reason"]!.GetValue<string>());
    }
}
