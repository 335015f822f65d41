using Microsoft.Extensions.Logging.Abstractions;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;

namespace PaymentMonitor.Tests.Embedded;

/// <summary>What is too old leaves the store, and only when it is in the archive.</summary>
public sealed class RetentionTests : IAsyncDisposable
{
    private readonly StoreUnderTest _store = StoreUnderTest.Started();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ArchiveFolder Archive => ArchiveFolder.In(_store.Folder);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Old_events_leave_the_log_and_the_newest_stays()
    {
        await SellAsync("o-1");
        await SellAsync("o-2");
        await SellAsync("o-3");
        var newest = _store.Count("SELECT max(position) FROM log");
        _store.Time.Advance(TimeSpan.FromDays(8));

        await TrimAsync(new RetentionOptions { StepMax = 2 });

        Assert.Equal(newest, _store.Count("SELECT max(position) FROM log"));
        Assert.Equal(1, _store.Count("SELECT count(*) FROM log"));
        await _store.ReopenAsync();
        await CreateAsync("o-4");
        Assert.Equal(newest + 1, _store.Count("SELECT max(position) FROM log"));
    }

    [Fact]
    public async Task Reservations_callbacks_risk_history_and_progress_leave_when_they_are_of_no_more_use()
    {
        await FillAsync("1");
        _store.Time.Advance(TimeSpan.FromDays(731));
        await FillAsync("2");

        await TrimAsync();

        // A used code stays used.
        Assert.Equal(3, _store.Count("SELECT count(*) FROM coupons"));
        Assert.Equal(2, _store.Count("SELECT count(*) FROM coupons WHERE expiresAt IS NULL"));
        Assert.Equal(1, _store.Count("SELECT count(*) FROM parked WHERE id = 'c-2'"));
        Assert.Equal(1, _store.Count("SELECT count(*) FROM parked"));
        Assert.Equal(1, _store.Count("SELECT count(*) FROM risk_history"));
        Assert.Equal(2, _store.Count("SELECT count(*) FROM risk"));
        Assert.Equal(1, _store.Count("SELECT count(*) FROM progress"));
    }

    private async Task FillAsync(string n)
    {
        var (store, now) = (_store.Store, _store.Time.GetUtcNow());
        var machine = MachineId.Parse($"m-{n}");
        var order = new OrderKey(machine, OrderId.Parse("o-1"));
        await store.Coupons.TryReserveAsync($"reserved-{n}", order, now, now.AddHours(1), Token);
        await store.Coupons.CommitAsync($"used-{n}", order, Token);
        await store.Parked.ParkAsync(new ParkedCallback($"c-{n}", PaymentReference.Parse("ref-1"), now, new byte[] { 1 }), Token);
        await store.Risk.SetAsync(new RiskEntry(RiskKind.Deny, RiskScope.Machine, machine.Value, "Stolen", "anna", now), Token);
        var progress = new MachineProgress(machine);
        progress.Announce(new SeenUpTo(7, 3), now);
        await store.Progress.TryWriteAsync(progress, Token);
    }

    [Fact]
    public async Task What_is_young_enough_stays()
    {
        await SellAsync("o-1");
        await _store.Store.Log.AppendAsync(Reports.Of("m-1", "o-1", "again", new OrderEvent.Created(1, Reports.Eur, Reports.Terminal, 300), _store.Time.GetUtcNow()), Token);
        _store.Time.Advance(TimeSpan.FromDays(6.9));
        await ArchiveAsync();

        await TrimAsync();

        Assert.True(_store.Count("SELECT count(*) FROM log") > 1);
        Assert.Equal(1, _store.Count("SELECT count(*) FROM orders"));
        Assert.Equal(1, _store.Count("SELECT count(*) FROM dead_letters"));
    }

    [Fact]
    public async Task An_order_leaves_90_days_after_its_end_with_what_led_to_it()
    {
        await SellAsync("o-1");
        await ConfirmAsync("o-1");
        _store.Time.Advance(TimeSpan.FromDays(91));
        await ArchiveAsync();

        await TrimAsync();

        Assert.Null(await _store.Store.Orders.ReadAsync(Key("o-1"), Token));
        Assert.Equal(0, _store.Count("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM payments) + (SELECT count(*) FROM errands)"));
    }

    [Fact]
    public async Task An_order_that_is_not_archived_stays()
    {
        await SellAsync("o-1");
        await ConfirmAsync("o-1");
        _store.Time.Advance(TimeSpan.FromDays(91));

        await TrimAsync();

        Assert.NotNull(await _store.Store.Orders.ReadAsync(Key("o-1"), Token));
    }

    [Fact]
    public async Task An_order_whose_machine_has_not_confirmed_stays_and_so_does_an_open_one()
    {
        await SellAsync("unconfirmed");
        await _store.Store.Log.AppendAsync(Reports.Created("m-1", "open", _store.Time.GetUtcNow()), Token);
        _store.Time.Advance(TimeSpan.FromDays(91));
        await ArchiveAsync();

        await TrimAsync();

        Assert.Equal(2, _store.Count("SELECT count(*) FROM orders"));
    }

    [Fact]
    public async Task An_order_that_changed_after_it_was_archived_is_archived_again_before_it_leaves()
    {
        await SellAsync("o-1");
        await ConfirmAsync("o-1");
        _store.Time.Advance(TimeSpan.FromDays(3));
        await ArchiveAsync();
        await _store.Store.Log.AppendAsync(Reports.Of("m-1", "o-1", "late", new OrderEvent.PaymentFailed("declined"), _store.Time.GetUtcNow()), Token);
        Assert.Equal(["none"], await QueryAsync("SELECT coalesce(FailureReason, 'none') FROM orders"));
        _store.Time.Advance(TimeSpan.FromDays(91));
        await ArchiveAsync();

        await TrimAsync();

        Assert.Null(await _store.Store.Orders.ReadAsync(Key("o-1"), Token));
        Assert.Equal(["declined"], await QueryAsync("SELECT FailureReason FROM orders"));
    }

    [Fact]
    public async Task Orders_that_leave_before_their_day_is_written_for_the_last_time_stay_in_the_archive()
    {
        var brief = new RetentionOptions { Orders = TimeSpan.FromHours(1) };
        await SellAsync("o-1");
        await ConfirmAsync("o-1");
        await SellAsync("o-2");
        await SellAsync("o-3");
        _store.Time.Advance(TimeSpan.FromHours(2));
        await TrimAsync(brief);
        Assert.Equal(2, _store.Count("SELECT count(*) FROM orders"));
        Assert.Equal(["o-1"], await QueryAsync("SELECT OrderId FROM orders"));

        _store.Time.Advance(TimeSpan.FromDays(1));
        await ArchiveAsync();
        Assert.Equal(["o-1", "o-2", "o-3"], await QueryAsync("SELECT OrderId FROM orders ORDER BY ALL"));
        await ConfirmAsync("o-2");
        await TrimAsync(brief);
        Assert.Equal(1, _store.Count("SELECT count(*) FROM orders"));

        _store.Time.Advance(TimeSpan.FromDays(1));
        await ArchiveAsync();
        Assert.Equal(["o-1", "o-2", "o-3"], await QueryAsync("SELECT OrderId FROM orders ORDER BY ALL"));
    }

    [Fact]
    public async Task An_event_for_an_order_that_left_begins_a_new_one()
    {
        await SellAsync("o-1");
        await ConfirmAsync("o-1");
        _store.Time.Advance(TimeSpan.FromDays(91));
        await ArchiveAsync();
        await TrimAsync();

        await CreateAsync("o-1");

        Assert.Equal(OrderStatus.Created, (await _store.Store.Orders.ReadAsync(Key("o-1"), Token))!.Status);
        Assert.Equal(1, _store.Count("SELECT count(*) FROM orders"));
    }

    [Fact]
    public async Task The_archive_has_each_day_that_is_over_once()
    {
        await SellAsync("o-1");
        await SellAsync("o-2");
        await ArchiveAsync();
        Assert.True(Archive.IsEmpty);

        _store.Time.Advance(TimeSpan.FromDays(1));
        await SellAsync("o-3");
        await ArchiveAsync();
        await ArchiveAsync();

        Assert.Equal(["o-1", "o-2"], await QueryAsync("SELECT OrderId FROM orders ORDER BY ALL"));
        Assert.Equal(
            ["m-1,Completed,2,250,EUR,card-terminal,250,0"],
            await QueryAsync("SELECT MachineId, Status, Version, Amount, Currency, Channel, Revenue, Refunded FROM orders WHERE OrderId = 'o-1'"));
        Assert.Equal(["True"], await QueryAsync("SELECT bool_and(CreatedAt <= PaidAt AND PaidAt <= AllowedAt AND AllowedAt <= CompletedAt) FROM orders"));
        Assert.Equal(["2"], await QueryAsync("SELECT count(*) FROM orders WHERE Document::JSON->>'id' = OrderId"));
    }

    [Fact]
    public async Task A_day_that_goes_on_after_midnight_is_written_once_more()
    {
        await CreateAsync("o-1");
        _store.Time.Advance(TimeSpan.FromHours(12.5));
        await ArchiveAsync();
        await _store.Store.Log.AppendAsync(Reports.Paid("m-1", "o-1", _store.Time.GetUtcNow()), Token);
        await ArchiveAsync();
        Assert.Equal(["False"], await QueryAsync("SELECT PaidAt IS NOT NULL FROM orders"));
        _store.Time.Advance(TimeSpan.FromDays(1));

        await ArchiveAsync();

        Assert.Equal(["True"], await QueryAsync("SELECT PaidAt IS NOT NULL FROM orders"));
        Assert.Single(Directory.EnumerateFiles(Archive.Path, "*.parquet", SearchOption.AllDirectories));
    }

    private static OrderKey Key(string orderId) => Reports.Key("m-1", orderId);

    private async Task CreateAsync(string orderId) => await _store.Store.Log.AppendAsync(Reports.Created("m-1", orderId, _store.Time.GetUtcNow()), Token);

    private async Task SellAsync(string orderId)
    {
        await CreateAsync(orderId);
        await _store.Store.Log.AppendAsync(Reports.Paid("m-1", orderId, _store.Time.GetUtcNow()), Token);
        await _store.Store.Log.AppendAsync(Reports.Shipped("m-1", orderId, _store.Time.GetUtcNow()), Token);
    }

    private async Task ConfirmAsync(string orderId)
    {
        var order = await _store.Store.Orders.ReadAsync(Key(orderId), Token);
        await _store.Store.Orders.ConfirmAsync(order!.MachineId, [new Confirmation(order.OrderId, order.Version)], Token);
    }

    private Task ArchiveAsync() => new OrderArchiver(_store.Store, new ArchiveDays(Archive, _store.Time), _store.Time, NullLogger<OrderArchiver>.Instance).RunAsync(Token);

    private Task TrimAsync(RetentionOptions? options = null) =>
        new Retention(_store.Store, Archive, options ?? new RetentionOptions(), _store.Time, NullLogger<Retention>.Instance).TrimAsync(Token);

    /// <summary>The rows of the answer, without the line of the columns' names.</summary>
    private async Task<string[]> QueryAsync(string sql)
    {
        using var output = new StringWriter { NewLine = "\n" };
        await QueryCommand.WriteAsync(Archive, sql, output, Token);
        return output.ToString().TrimEnd('\n').Split('\n')[1..];
    }
}
