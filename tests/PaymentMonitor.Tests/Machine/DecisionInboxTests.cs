using Microsoft.Extensions.Logging.Abstractions;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

public sealed class DecisionInboxTests : IAsyncDisposable
{
    private readonly MachineJournal _journal = MachineJournal.InMemory();
    private readonly DecisionQueue _queue = new();
    private readonly DecisionInbox _inbox;
    private readonly IAsyncEnumerator<MachineDecision> _reader;

    public DecisionInboxTests()
    {
        var ledger = _journal.Attach(MachineId.Parse("m-1"));
        var handOver = new HandOver(_journal, ledger, _queue, TimeProvider.System, NullLogger.Instance);
        _inbox = new DecisionInbox(capacity: 2, _journal, ledger, _queue, () => { });
        _reader = handOver.ReadAsync(() => DateTimeOffset.UnixEpoch, (_, _) => Task.CompletedTask, TestContext.Current.CancellationToken).GetAsyncEnumerator();
    }

    public async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync();
        _queue.Dispose();
        _journal.Dispose();
    }

    [Fact]
    public async Task A_decision_is_handed_over_once()
    {
        Assert.Equal(Offered.Taken, _inbox.Offer(Decision(1), listed: false));
        Assert.Equal(Offered.Repeated, _inbox.Offer(Decision(1), listed: false));

        Assert.Equal(1, await ReadAsync());
        Assert.Equal(Offered.Repeated, _inbox.Offer(Decision(1), listed: true));
        Assert.Equal(Offered.Taken, _inbox.Offer(Decision(2), listed: false));
        Assert.Equal(2, await ReadAsync());
    }

    [Fact]
    public void What_is_on_the_disk_is_confirmed_until_the_answer_is_here()
    {
        Assert.False(_inbox.HasNews);

        _inbox.Offer(Decision(1), listed: false);
        Assert.True(_inbox.HasNews);
        Assert.Equal([new Confirmation(OrderId.Parse("o-1"), 1)], _inbox.Confirm());
        Assert.False(_inbox.HasNews);

        _inbox.Disconnected();
        Assert.Equal([new Confirmation(OrderId.Parse("o-1"), 1)], _inbox.Confirm());

        _inbox.Confirmed();
        Assert.Empty(_inbox.Confirm());
    }

    [Fact]
    public void What_comes_while_a_sync_is_on_its_way_is_confirmed_by_the_next()
    {
        _inbox.Offer(Decision(1), listed: false);
        _inbox.Confirm();
        _inbox.Offer(Decision(2), listed: false);
        Assert.True(_inbox.HasNews);

        _inbox.Confirmed();

        Assert.Equal([new Confirmation(OrderId.Parse("o-1"), 2)], _inbox.Confirm());
    }

    [Fact]
    public async Task A_pushed_decision_is_not_taken_before_the_one_in_front_of_it()
    {
        Assert.Equal(Offered.Gap, _inbox.Offer(Decision(2), listed: false));

        Assert.Equal(Offered.Taken, _inbox.Offer(Decision(1), listed: true));
        Assert.Equal(Offered.Taken, _inbox.Offer(Decision(2), listed: true));
        Assert.Equal(1, await ReadAsync());
        Assert.Equal(2, await ReadAsync());
    }

    [Fact]
    public async Task What_a_sync_leaves_out_was_confirmed_by_an_earlier_life_of_the_machine()
    {
        Assert.Equal(Offered.Taken, _inbox.Offer(Decision(3), listed: true));
        Assert.Equal(3, await ReadAsync());
    }

    [Fact]
    public async Task A_decision_without_room_is_taken_when_it_comes_again()
    {
        _inbox.Offer(Decision(1), listed: false);
        _inbox.Offer(Decision(2), listed: false);
        Assert.Equal(Offered.Full, _inbox.Offer(Decision(3), listed: false));

        await ReadAsync();

        Assert.Equal(Offered.Taken, _inbox.Offer(Decision(3), listed: false));
    }

    [Fact]
    public void A_repeat_of_what_was_taken_is_confirmed_again()
    {
        _inbox.Offer(Decision(1), listed: false);
        _inbox.Confirm();
        _inbox.Confirmed();

        _inbox.Offer(Decision(1), listed: false);

        Assert.True(_inbox.HasNews);
    }

    [Fact]
    public async Task A_second_permission_for_an_order_is_confirmed_and_never_handed_over()
    {
        _inbox.Offer(Decision(1, kind: DecisionKinds.ShipmentAllowed), listed: false);
        _inbox.Offer(Decision(2, kind: DecisionKinds.ShipmentAllowed), listed: false);
        Assert.Equal([new Confirmation(OrderId.Parse("o-1"), 2)], _inbox.Confirm());

        Assert.Equal(1, await ReadAsync());
        var next = ReadAsync();
        _inbox.Offer(Decision(3), listed: false);
        Assert.Equal(3, await next);
    }

    [Fact]
    public async Task Old_orders_are_forgotten_once_they_are_done_and_confirmed()
    {
        for (var i = 0; i < 1_000; i++)
        {
            var reading = ReadAsync();
            _inbox.Offer(Decision(1, $"o-{i}"), listed: false);
            await reading;
            _inbox.Confirm();
            _inbox.Confirmed();
        }

        // A listed decision of a forgotten order would be taken again; the back end does not list what was confirmed.
        Assert.Equal(Offered.Taken, _inbox.Offer(Decision(1, "o-0"), listed: true));
        Assert.Equal(Offered.Repeated, _inbox.Offer(Decision(1, "o-999"), listed: true));
    }

    private static Decision Decision(int version, string orderId = "o-1", string kind = DecisionKinds.TradeClosed)
    {
        return new Decision(OrderId.Parse(orderId), version, kind, "why", DateTimeOffset.UnixEpoch);
    }

    private async Task<int> ReadAsync()
    {
        Assert.True(await _reader.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
        return _reader.Current.Decision.Version;
    }
}
