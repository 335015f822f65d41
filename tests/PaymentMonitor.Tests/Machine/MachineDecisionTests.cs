using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

public sealed class MachineDecisionTests : IAsyncLifetime
{
    private static readonly OrderId Order = OrderId.Parse("o-1");
    private static readonly Decision Allowed = new(Order, 1, DecisionKinds.ShipmentAllowed, "paid", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
    private static readonly Decision Completed = new(Order, 2, DecisionKinds.TradeCompleted, "shipped", DateTimeOffset.UnixEpoch);

    private FakeBackEnd _backEnd = null!;
    private MachineClient _machine = null!;
    private IAsyncEnumerator<MachineDecision> _decisions = null!;

    public async ValueTask InitializeAsync()
    {
        _backEnd = await FakeBackEnd.StartAsync();
        _machine = new MachineClient(new MachineClientOptions
        {
            Endpoint = _backEnd.Endpoint,
            Subprotocol = MachineSubprotocol.Json,
            MachineId = MachineId.Parse("m-1"),
            Secret = FakeBackEnd.Secret,
            Journal = MachineJournal.InMemory(),
            Backoff = new Backoff { Base = TimeSpan.FromMilliseconds(20), Max = TimeSpan.FromMilliseconds(100) },
            ConfirmDelay = TimeSpan.FromMilliseconds(20),
        });
        await _machine.ConnectAsync().WaitAsync(TimeSpan.FromSeconds(30));
        await _backEnd.NextSyncAsync();
        _decisions = _machine.ReadDecisionsAsync().GetAsyncEnumerator();
    }

    public async ValueTask DisposeAsync()
    {
        await _machine.DisposeAsync();
        await _decisions.DisposeAsync();
        await _backEnd.DisposeAsync();
    }

    [Fact]
    public async Task A_pushed_decision_is_handed_over_whole_and_confirmed()
    {
        await _backEnd.SendAsync(Allowed);

        Assert.Equal(Allowed, await NextAsync());
        Assert.Equal([new Confirmation(Order, 1)], (await _backEnd.NextSyncAsync()).Confirmed);
    }

    [Fact]
    public async Task A_decision_made_while_the_machine_was_away_comes_with_the_sync()
    {
        _backEnd.SyncAnswer = request => new SyncAnswer(request.Confirmed.Count == 0 ? [Allowed, Completed] : [], []);
        _backEnd.Drop();

        Assert.Equal(Allowed, await NextAsync());
        Assert.Equal(Completed, await NextAsync());
    }

    [Fact]
    public async Task A_confirmation_that_was_lost_with_its_connection_is_said_again()
    {
        _backEnd.SyncAnswer = _ => null;
        await _backEnd.SendAsync(Allowed);
        await NextAsync();
        await _backEnd.NextSyncAsync();

        _backEnd.Drop();

        Assert.Equal([new Confirmation(Order, 1)], (await _backEnd.NextSyncAsync()).Confirmed);
    }

    [Fact]
    public async Task A_decision_with_a_gap_before_it_makes_the_machine_ask()
    {
        _backEnd.SyncAnswer = _ => new SyncAnswer([Allowed, Completed], []);

        await _backEnd.SendAsync(Completed);

        Assert.Equal(Allowed, await NextAsync());
        Assert.Equal(Completed, await NextAsync());
    }

    [Fact]
    public async Task A_sync_says_how_far_the_reports_went()
    {
        await _machine.ReportAsync(Order, new OrderEvent.PaymentStarted());
        var reported = await _backEnd.NextEventAsync();

        _backEnd.Drop();

        Assert.Equal(new SeenUpTo(reported.Boot!.Value, 1), (await _backEnd.NextSyncAsync()).Seen);
    }

    private async Task<Decision> NextAsync()
    {
        Assert.True(await _decisions.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
        return _decisions.Current.Decision;
    }
}
