using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;

namespace PaymentMonitor.Tests.Server;

public sealed class RedeliveryTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Noon);
    private readonly SentMessages _sent = new();
    private readonly SavedOrders _orders = new();
    private readonly Redelivery _redelivery;

    public RedeliveryTests()
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>();
        _redelivery = new Redelivery(_orders, new DecisionPush(_sent, meters, _time), _time);
    }

    [Fact]
    public async Task A_decision_is_pushed_again_with_growing_waits_until_it_is_confirmed()
    {
        var order = Order(Decision(1, DecisionKinds.TradeClosed));
        Save(order);

        Assert.Equal(0, await PushedAfter(TimeSpan.FromSeconds(9)));
        Assert.Equal(1, await PushedAfter(TimeSpan.FromSeconds(1)));
        Assert.Equal(0, await PushedAfter(TimeSpan.FromSeconds(19)));
        Assert.Equal(1, await PushedAfter(TimeSpan.FromSeconds(1)));

        Save(order with { ConfirmedVersion = 1 });
        Assert.Equal(0, await PushedAfter(TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task A_permission_that_has_run_out_is_not_pushed_again()
    {
        Save(Order(
            Decision(1, DecisionKinds.ShipmentAllowed) with { ValidUntil = Noon.AddSeconds(5) },
            Decision(2, DecisionKinds.TradeCompleted)));

        await PushedAfter(TimeSpan.FromSeconds(10));

        Assert.DoesNotContain(_sent.Messages, message => message.Contains(DecisionKinds.ShipmentAllowed, StringComparison.Ordinal));
        Assert.Contains(_sent.Messages, message => message.Contains(DecisionKinds.TradeCompleted, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_machine_that_never_answers_is_left_to_its_next_sync()
    {
        Save(Order(Decision(1, DecisionKinds.TradeClosed)));

        var pushed = 0;
        for (var i = 0; i < 100; i++)
        {
            pushed += await PushedAfter(TimeSpan.FromMinutes(2));
        }

        Assert.Equal(8, pushed);
    }

    [Fact]
    public async Task What_was_confirmed_while_it_was_being_pushed_is_not_pushed_again()
    {
        var order = Order(Decision(1, DecisionKinds.TradeClosed));
        Save(order);
        _orders.Saved = order with { ConfirmedVersion = 1 };

        Assert.Equal(0, await PushedAfter(TimeSpan.FromSeconds(10)));
        Assert.Equal(0, await PushedAfter(TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task A_new_decision_begins_with_short_waits_again()
    {
        Save(Order(Decision(1, DecisionKinds.ShipmentAllowed)));
        await PushedAfter(TimeSpan.FromSeconds(10));
        await PushedAfter(TimeSpan.FromSeconds(20));

        Save(Order(Decision(1, DecisionKinds.ShipmentAllowed), Decision(2, DecisionKinds.TradeCompleted)));

        Assert.Equal(0, await PushedAfter(TimeSpan.FromSeconds(9)));
        Assert.Equal(2, await PushedAfter(TimeSpan.FromSeconds(1)));
    }

    public void Dispose() => _redelivery.Dispose();

    private void Save(Order order)
    {
        _orders.Saved = order;
        _redelivery.Note(order);
    }

    private static Order Order(params Decision[] decisions) =>
        new(MachineId.Parse("m-1"), OrderId.Parse("o-1")) { Decisions = [.. decisions] };

    private static Decision Decision(int version, string kind) => new(OrderId.Parse("o-1"), version, kind, "test", Noon);

    private async Task<int> PushedAfter(TimeSpan time)
    {
        var before = _sent.Messages.Count;
        _time.Advance(time);
        await _redelivery.PushDueAsync(CancellationToken.None);
        return _sent.Messages.Count - before;
    }

    private sealed class SavedOrders : IOrders
    {
        public Order? Saved { get; set; }

        public ValueTask<Order?> ReadAsync(OrderKey key, CancellationToken cancellationToken) => ValueTask.FromResult(Saved);

        public ValueTask<OrderPage> ListAsync(OrderQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<Order>> UnconfirmedAsync(MachineId machineId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<Confirmation>> ConfirmAsync(MachineId machineId, IReadOnlyList<Confirmation> confirmed, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }

    private sealed class SentMessages : IMachineConnections
    {
        public List<string> Messages { get; } = [];

        public ValueTask SendAsync(MachineId machineId, ServerMessage message, CancellationToken cancellationToken)
        {
            Messages.Add(Encoding.UTF8.GetString(message.ToBytes(WireForm.Json)));
            return ValueTask.CompletedTask;
        }

        public ValueTask CloseAsync(MachineId machineId, string reason, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
