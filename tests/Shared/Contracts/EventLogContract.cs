using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Testing;

/// <summary>What every event log must do, with the orders that are worked from it.</summary>
public abstract class EventLogContract
{
    protected static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    protected abstract IEventLog Log { get; }

    protected abstract IOrders Orders { get; }

    [Fact]
    public async Task An_appended_event_is_in_its_order()
    {
        await Log.AppendAsync(Reports.Created(Reports.Key("m-1", "o-1"), Now), TestContext.Current.CancellationToken);

        var order = await OrderAsync("m-1", "o-1", order => order.Envelopes.Length == 1);
        Assert.Equal("o-1.created", order.Envelopes[0].Event.Id.Value);
    }

    [Fact]
    public async Task A_payment_leads_to_a_permission()
    {
        await Log.AppendAsync(Reports.Created(Reports.Key("m-1", "o-1"), Now), TestContext.Current.CancellationToken);
        await Log.AppendAsync(Reports.Paid(Reports.Key("m-1", "o-1"), Now), TestContext.Current.CancellationToken);

        var order = await OrderAsync("m-1", "o-1", order => order.Version > 0);
        Assert.Equal(DecisionKinds.ShipmentAllowed, Assert.Single(order.Decisions).Kind);
    }

    [Fact]
    public async Task A_repeat_of_an_event_is_ignored()
    {
        for (var i = 0; i < 2; i++)
        {
            await Log.AppendAsync(Reports.Created(Reports.Key("m-1", "o-1"), Now), TestContext.Current.CancellationToken);
            await Log.AppendAsync(Reports.Paid(Reports.Key("m-1", "o-1"), Now), TestContext.Current.CancellationToken);
        }

        await Log.AppendAsync(Reports.Shipped(Reports.Key("m-1", "o-1"), Now), TestContext.Current.CancellationToken);

        var order = await OrderAsync("m-1", "o-1", order => order.Version > 1);
        Assert.Equal([DecisionKinds.ShipmentAllowed, DecisionKinds.TradeCompleted], order.Decisions.Select(decision => decision.Kind));
    }

    [Fact]
    public async Task Orders_of_the_same_name_on_two_machines_are_two_orders()
    {
        await Log.AppendAsync(Reports.Created(Reports.Key("m-1", "o-1"), Now), TestContext.Current.CancellationToken);
        await Log.AppendAsync(Reports.Created(Reports.Key("m-2", "o-1"), Now), TestContext.Current.CancellationToken);

        foreach (var machine in new[] { "m-1", "m-2" })
        {
            var order = await OrderAsync(machine, "o-1", order => order.Envelopes.Length > 0);
            Assert.Equal(machine, Assert.Single(order.Envelopes).MachineId.Value);
        }
    }

    [Fact]
    public async Task Appends_from_everywhere_at_once_are_all_kept()
    {
        var token = TestContext.Current.CancellationToken;
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            await Log.AppendAsync(Reports.Created(Reports.Key($"m-{i % 20}", $"o-{i}"), Now), token);
            await Log.AppendAsync(Reports.Paid(Reports.Key($"m-{i % 20}", $"o-{i}"), Now), token);
        }));

        for (var i = 0; i < 200; i++)
        {
            var order = await OrderAsync($"m-{i % 20}", $"o-{i}", order => order.Version > 0);
            Assert.Equal(DecisionKinds.ShipmentAllowed, Assert.Single(order.Decisions).Kind);
        }
    }

    /// <summary>Where an order is worked after its append has returned, this waits for it.</summary>
    protected virtual async Task<Domain.Order> OrderAsync(string machine, string order, Func<Domain.Order, bool> until)
    {
        var found = await Orders.ReadAsync(Reports.Key(machine, order), TestContext.Current.CancellationToken);
        Assert.NotNull(found);
        Assert.True(until(found));
        return found;
    }
}
