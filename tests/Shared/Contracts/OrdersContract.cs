using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Testing;

/// <summary>What every view of the orders must do. The adapter's test provides the log that feeds it and the clock.</summary>
public abstract class OrdersContract
{
    protected abstract IEventLog Log { get; }

    protected abstract IOrders Orders { get; }

    protected abstract IPaymentReferences References { get; }

    protected abstract DateTimeOffset Now { get; }

    protected abstract void Advance(TimeSpan time);

    [Fact]
    public async Task An_order_nobody_heard_of_is_not_there()
    {
        Assert.Null(await Orders.ReadAsync(Reports.Key("m-1", "o-1"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Orders_are_listed_newest_first_a_page_at_a_time()
    {
        await CreateAsync(Enumerable.Range(0, 5).Select(i => ($"m-{i % 2}", $"o-{i}")));

        Assert.Equal(["o-4", "o-3", "o-2", "o-1", "o-0"], await ListAsync(new OrderQuery(Limit: 2)));
    }

    [Fact]
    public async Task Orders_are_found_by_their_machine()
    {
        await CreateAsync([("m-1", "o-1"), ("m-2", "o-2"), ("m-1", "o-3")]);

        Assert.Equal(["o-3", "o-1"], await ListAsync(new OrderQuery(MachineId.Parse("m-1"), Limit: 1)));
    }

    [Fact]
    public async Task Orders_are_found_by_where_they_stand()
    {
        await CreateAsync([("m-1", "o-1"), ("m-1", "o-2"), ("m-2", "o-3"), ("m-2", "o-4")]);
        await AppendAsync(Reports.Paid(Reports.Key("m-1", "o-2"), Now), Reports.Paid(Reports.Key("m-2", "o-3"), Now), Reports.Paid(Reports.Key("m-2", "o-4"), Now), Reports.Shipped(Reports.Key("m-2", "o-4"), Now));

        Assert.Equal(["o-1"], await ListAsync(new OrderQuery(Status: OrderStatus.Created)));
        Assert.Equal(["o-3", "o-2"], await ListAsync(new OrderQuery(Status: OrderStatus.ShipmentAllowed, Limit: 1)));
        Assert.Equal(["o-4"], await ListAsync(new OrderQuery(Status: OrderStatus.Completed)));
        Assert.Equal(["o-2"], await ListAsync(new OrderQuery(MachineId.Parse("m-1"), OrderStatus.ShipmentAllowed)));
        Assert.Equal(["o-4"], await ListAsync(new OrderQuery(MachineId.Parse("m-2"), OrderStatus.Completed)));
    }

    [Fact]
    public async Task Orders_are_found_by_payment()
    {
        await CreateAsync([("m-1", "o-1"), ("m-2", "o-2")]);
        await AppendAsync(Reports.Paid(Reports.Key("m-1", "o-1"), Now, "p-1"), Reports.Paid(Reports.Key("m-2", "o-2"), Now, "p-2"));

        Assert.Equal(["o-2"], await ListAsync(new OrderQuery(PaymentId: PaymentId.Parse("p-2"))));
        Assert.Empty(await ListAsync(new OrderQuery(MachineId.Parse("m-1"), PaymentId: PaymentId.Parse("p-2"))));
    }

    [Fact]
    public async Task Orders_are_found_by_payment_reference()
    {
        await References.BindAsync(PaymentReference.Parse("R-1"), Reports.Key("m-1", "o-1"), TestContext.Current.CancellationToken);
        await AppendAsync(Reports.Created(Reports.Key("m-1", "o-1"), Now, reference: "R-1"), Reports.Created(Reports.Key("m-1", "o-2"), Now));

        Assert.Equal(["o-1"], await ListAsync(new OrderQuery(PaymentRef: PaymentReference.Parse("R-1"))));
        Assert.Empty(await ListAsync(new OrderQuery(PaymentRef: PaymentReference.Parse("R-2"))));
    }

    [Fact]
    public async Task Orders_are_found_by_when_they_were_first_heard_of()
    {
        var start = Now;
        foreach (var order in new[] { "o-1", "o-2", "o-3" })
        {
            await AppendAsync(Reports.Created(Reports.Key("m-1", order), Now));
            Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(["o-2"], await ListAsync(new OrderQuery(From: start.AddSeconds(1), To: start.AddSeconds(2))));
        Assert.Equal(["o-3"], await ListAsync(new OrderQuery(From: start.AddSeconds(1).AddMilliseconds(1))));
    }

    [Fact]
    public async Task Decisions_stay_unconfirmed_until_the_machine_confirms_them()
    {
        var token = TestContext.Current.CancellationToken;
        var machine = MachineId.Parse("m-1");
        await CreateAsync([("m-1", "o-1"), ("m-1", "o-2"), ("m-1", "o-3"), ("m-2", "o-4")]);
        await AppendAsync(Reports.Paid(Reports.Key("m-1", "o-2"), Now), Reports.Paid(Reports.Key("m-1", "o-1"), Now), Reports.Paid(Reports.Key("m-2", "o-4"), Now));
        Assert.Equal(["o-1", "o-2"], (await Orders.UnconfirmedAsync(machine, token)).Select(order => order.OrderId.Value));

        await Orders.ConfirmAsync(machine, [new Confirmation(OrderId.Parse("o-1"), 1)], token);

        Assert.Equal(["o-2"], (await Orders.UnconfirmedAsync(machine, token)).Select(order => order.OrderId.Value));
    }

    [Fact]
    public async Task Confirmations_move_up_only_and_not_above_what_was_decided()
    {
        var token = TestContext.Current.CancellationToken;
        var key = Reports.Key("m-1", "o-1");
        await AppendAsync(Reports.Created(Reports.Key("m-1", "o-1"), Now), Reports.Paid(Reports.Key("m-1", "o-1"), Now), Reports.Shipped(Reports.Key("m-1", "o-1"), Now));

        var lost = await Orders.ConfirmAsync(key.MachineId, [new Confirmation(key.OrderId, 3), new Confirmation(OrderId.Parse("unknown"), 1)], token);
        Assert.Equal([new Confirmation(key.OrderId, 3), new Confirmation(OrderId.Parse("unknown"), 1)], lost);
        Assert.Equal(0, (await Orders.ReadAsync(key, token))!.ConfirmedVersion);

        Assert.Empty(await Orders.ConfirmAsync(key.MachineId, [new Confirmation(key.OrderId, 2), new Confirmation(key.OrderId, 1)], token));
        Assert.Equal(2, (await Orders.ReadAsync(key, token))!.ConfirmedVersion);
    }

    private async Task CreateAsync(IEnumerable<(string Machine, string Order)> orders)
    {
        foreach (var (machine, order) in orders)
        {
            await AppendAsync(Reports.Created(Reports.Key(machine, order), Now));
            Advance(TimeSpan.FromMilliseconds(1));
        }
    }

    /// <summary>Where orders are worked after the append has returned, an adapter's test waits for them here.</summary>
    protected virtual async Task AppendAsync(params Report[] reports)
    {
        foreach (var report in reports)
        {
            await Log.AppendAsync(report, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_continuation_that_no_page_gave_is_refused()
    {
        await Assert.ThrowsAsync<FormatException>(async () => await Orders.ListAsync(new OrderQuery(Continuation: "x"), TestContext.Current.CancellationToken));
    }

    private async Task<List<string>> ListAsync(OrderQuery query)
    {
        var all = new List<string>();
        do
        {
            var page = await Orders.ListAsync(query, TestContext.Current.CancellationToken);
            Assert.InRange(page.Orders.Count, 0, query.Limit);
            all.AddRange(page.Orders.Select(order => order.OrderId.Value));
            query = query with { Continuation = page.Continuation };
        }
        while (query.Continuation is not null);
        return all;
    }
}
