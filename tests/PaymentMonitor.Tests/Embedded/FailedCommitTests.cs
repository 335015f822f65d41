using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Tests.Embedded;

public sealed class FailedCommitTests : IAsyncDisposable
{
    private readonly StoreUnderTest _store = StoreUnderTest.Started();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DateTimeOffset Now => _store.Time.GetUtcNow();

    [Fact]
    public async Task A_full_disk_asks_for_a_retry_and_keeps_nothing_of_what_failed()
    {
        var kept = await FillDiskAsync();

        Assert.Equal(kept, _store.Count("SELECT count(*) FROM log"));
        Assert.Equal(kept, _store.Count("SELECT count(*) FROM orders"));
        Assert.Null(await _store.Store.Orders.ReadAsync(Reports.Key("m-1", $"o-{kept}"), Token));
    }

    [Fact]
    public async Task When_there_is_space_again_the_same_event_is_taken()
    {
        var kept = await FillDiskAsync();
        await LimitPagesAsync(1_000_000);

        await AppendAsync(Reports.Created("m-1", $"o-{kept}", Now));
        await AppendAsync(Reports.Paid("m-1", $"o-{kept}", Now));

        var order = await _store.Store.Orders.ReadAsync(Reports.Key("m-1", $"o-{kept}"), Token);
        Assert.Equal(DecisionKinds.ShipmentAllowed, Assert.Single(order!.Decisions).Kind);
        await _store.ReopenAsync();
        Assert.Equal(kept + 3, _store.Count("SELECT max(position) FROM log"));
    }

    [Fact]
    public async Task An_order_in_memory_knows_nothing_of_an_event_that_failed()
    {
        var kept = await FillDiskAsync();
        var machine = "m-1";
        await Assert.ThrowsAsync<LogUnavailableException>(async () => await AppendAsync(PaidWithLargeBody(machine, "o-0")));
        await LimitPagesAsync(1_000_000);

        await AppendAsync(Reports.Of(machine, "o-0", "started", new OrderEvent.PaymentStarted(), Now));

        var order = await _store.Store.Orders.ReadAsync(Reports.Key(machine, "o-0"), Token);
        Assert.Equal(["m-1.o-0.created", "m-1.o-0.started"], order!.Envelopes.Select(envelope => envelope.Event.Id.Value));
        Assert.True(kept > 0);
    }

    [Fact]
    public async Task A_reference_bound_in_a_transaction_that_failed_goes_into_the_next()
    {
        var kept = await FillDiskAsync();
        var reference = PaymentReference.Parse("R-1");
        var key = Reports.Key("m-1", $"o-{kept}");
        await _store.Store.References.BindAsync(reference, key, Token);
        await Assert.ThrowsAsync<LogUnavailableException>(async () => await AppendAsync(Large("m-1", $"o-{kept}")));
        await LimitPagesAsync(1_000_000);

        await AppendAsync(Reports.Created("m-1", $"o-{kept}", Now, "R-1"));

        Assert.Equal(1, _store.Count("SELECT count(*) FROM refs"));
        Assert.Equal(key, await _store.Store.References.FindAsync(reference, Token));
    }

    [Fact]
    public async Task An_order_whose_wake_could_not_be_stored_is_woken_again()
    {
        await AppendAsync(Reports.Created("m-1", "due", Now, expiresInSeconds: 10));
        await FillDiskAsync();
        var changes = _store.Store.Subscribe(16);
        await ShrinkToFitAsync();
        _store.Time.Advance(TimeSpan.FromSeconds(16));
        await Assert.ThrowsAsync<LogUnavailableException>(async () => await AppendAsync(Large("m-1", "more")));
        await LimitPagesAsync(1_000_000);

        _store.Time.Advance(TimeSpan.FromSeconds(2));

        await foreach (var transaction in changes.ReadAllAsync(Token))
        {
            if (transaction.Any(change => change.After is { OrderId.Value: "due", Version: 1 }))
            {
                return;
            }
        }
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    /// <summary>Lets the file grow by a few pages only, and fills them with orders until the store refuses.</summary>
    /// <returns>How many orders <c>o-0</c>, <c>o-1</c>, ... were kept.</returns>
    private async Task<int> FillDiskAsync()
    {
        await AppendAsync(Large("m-1", "o-0"));
        await ShrinkToFitAsync(extraPages: 8);
        for (var i = 1; ; i++)
        {
            try
            {
                await AppendAsync(Large("m-1", $"o-{i}"));
            }
            catch (LogUnavailableException e)
            {
                Assert.IsType<StoreException>(e.InnerException);
                return i;
            }
        }
    }

    private async Task ShrinkToFitAsync(long extraPages = 0) =>
        await LimitPagesAsync(await _store.Store.Loop.WriteAsync(work => work.Writer.Database.ReadInt64("PRAGMA page_count"), Token) + extraPages);

    private Task<bool> LimitPagesAsync(long pages) =>
        _store.Store.Loop.WriteAsync(
            work =>
            {
                work.Writer.Database.ReadInt64($"PRAGMA max_page_count = {pages}");
                return true;
            },
            Token);

    private ValueTask AppendAsync(Report report) => _store.Store.Log.AppendAsync(report, Token);

    private Report PaidWithLargeBody(string machine, string order) => Reports.Paid(machine, order, Now) with { Raw = new byte[40_000] };

    private Report Large(string machine, string order) => Reports.Created(machine, order, Now) with { Raw = new byte[6_000] };
}
