using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Testing;

/// <summary>What every store of cursors and their delivery log must do.</summary>
public abstract class WebhookCursorsContract
{
    private static readonly CursorKey First = Key("ep_1", "m-1", "o-1");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected abstract IWebhookCursors Cursors { get; }

    protected abstract IWebhookLog Log { get; }

    protected abstract DateTimeOffset Now { get; }

    protected abstract void Advance(TimeSpan time);

    /// <summary>Makes ready what the test needs, or skips it.</summary>
    protected virtual Task ReadyAsync() => Task.CompletedTask;

    [Fact]
    public async Task What_was_signalled_can_be_leased_and_begins_at_the_first_notice()
    {
        await ReadyAsync();
        await Cursors.SignalAsync([new WebhookSignal(First, 1)], Stop);

        var cursor = await Cursors.LeaseAsync(First, Stop);

        Assert.Equal((First, 1, 0), (cursor!.Key, cursor.Next, cursor.Failures));
        Assert.Equal(Now - WebhookOptions.Retention, cursor.From);
    }

    [Fact]
    public async Task A_leased_cursor_is_nobody_elses_until_it_is_released()
    {
        await ReadyAsync();
        await Cursors.SignalAsync([new WebhookSignal(First, 1), new WebhookSignal(Key("ep_2", "m-1", "o-1"), 1)], Stop);
        await Cursors.LeaseAsync(First, Stop);

        Assert.Null(await Cursors.LeaseAsync(First, Stop));
        Assert.NotNull(await Cursors.LeaseAsync(Key("ep_2", "m-1", "o-1"), Stop));
        await Cursors.ChangeAsync(First, cursor => cursor.Delivered(1, Now), null, release: false, Stop);
        Assert.Null(await Cursors.LeaseAsync(First, Stop));

        await Cursors.ReleaseAsync(First, Stop);
        Assert.Equal(2, (await Cursors.LeaseAsync(First, Stop))!.Next);
    }

    [Fact]
    public async Task Of_many_that_lease_at_once_one_gets_it()
    {
        await ReadyAsync();
        await Cursors.SignalAsync([new WebhookSignal(First, 1)], Stop);

        var leases = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(async () => await Cursors.LeaseAsync(First, Stop), Stop)));

        Assert.Single(leases.OfType<WebhookCursor>());
    }

    [Fact]
    public async Task A_failed_delivery_is_not_leased_before_its_time()
    {
        await ReadyAsync();
        await Cursors.SignalAsync([new WebhookSignal(First, 1)], Stop);
        await Cursors.LeaseAsync(First, Stop);
        await Cursors.ChangeAsync(First, cursor => cursor.Failed(Now.AddMinutes(5), Now), Attempt(First, AttemptOutcome.Failed), release: true, Stop);

        await Cursors.SignalAsync([new WebhookSignal(First, 2)], Stop);
        Assert.Null(await Cursors.LeaseAsync(First, Stop));

        Advance(TimeSpan.FromMinutes(5));
        var cursor = await Cursors.LeaseAsync(First, Stop);
        Assert.Equal((1, 1), (cursor!.Next, cursor.Failures));
    }

    [Fact]
    public async Task A_change_is_made_to_what_somebody_else_has_made_of_it_meanwhile()
    {
        await ReadyAsync();
        await Cursors.SignalAsync([new WebhookSignal(First, 3)], Stop);
        var leased = await Cursors.LeaseAsync(First, Stop);
        await Cursors.ChangeAsync(First, cursor => cursor with { Next = 3 }, null, release: false, Stop);
        await Cursors.ChangeAsync(First, cursor => cursor.Resend(1, Now), null, release: false, Stop);

        var changed = await Cursors.ChangeAsync(First, cursor => cursor.Delivered(3, Now), null, release: true, Stop);

        Assert.Equal(1, leased!.Next);
        Assert.Equal((4, "1"), (changed.Next, string.Join(' ', changed.Again)));
    }

    [Fact]
    public async Task Changes_from_everywhere_at_once_are_all_made()
    {
        await ReadyAsync();
        await Task.WhenAll(Enumerable.Range(1, 10).Select(n =>
            Task.Run(async () => await Cursors.ChangeAsync(First, cursor => cursor with { Failures = cursor.Failures + 1 }, null, release: false, Stop), Stop)));

        Assert.Equal(10, (await Cursors.ChangeAsync(First, cursor => cursor, null, release: false, Stop)).Failures);
    }

    [Fact]
    public async Task A_cursor_keeps_what_is_parked_and_what_is_asked_for_again()
    {
        await ReadyAsync();
        await Cursors.ChangeAsync(
            First,
            cursor => cursor with { Next = 9, Again = [2, 4], Parked = [new ParkedNotice(2, Now), new ParkedNotice(7, Now.AddSeconds(1))], Failures = 3, Round = 2, DueAt = Now },
            null,
            release: false,
            Stop);

        var cursor = await Cursors.LeaseAsync(First, Stop);

        Assert.Equal([2, 4], cursor!.Again);
        Assert.Equal([new ParkedNotice(2, Now), new ParkedNotice(7, Now.AddSeconds(1))], cursor.Parked);
        Assert.Equal((9, 3, 2), (cursor.Next, cursor.Failures, cursor.Round));
    }

    [Fact]
    public async Task Cursors_are_listed_by_what_is_looked_for()
    {
        await ReadyAsync();
        await Cursors.ChangeAsync(Key("ep_1", "m-1", "o-1"), cursor => cursor.Held(Now), null, release: false, Stop);
        await Cursors.ChangeAsync(Key("ep_1", "m-2", "o-1"), cursor => cursor with { Parked = [new ParkedNotice(1, Now)] }, null, release: false, Stop);
        await Cursors.ChangeAsync(Key("ep_2", "m-3", "o-1"), cursor => cursor.Held(Now), null, release: false, Stop);
        Advance(TimeSpan.FromMinutes(1));
        await Cursors.ChangeAllAsync([Key("ep_1", "m-4", "o-1"), Key("ep_1", "m-5", "o-1")], cursor => cursor.Settled(1, Now), Stop);

        Assert.Equal(["m-1"], await ListAsync(new CursorFilter(CursorKind.Waiting)));
        Assert.Equal(["m-2"], await ListAsync(new CursorFilter(CursorKind.Parked)));
        Assert.Equal(["m-1", "m-2", "m-4", "m-5"], await ListAsync(new CursorFilter(CursorKind.Any)));
        Assert.Equal(["m-4", "m-5"], await ListAsync(new CursorFilter(CursorKind.Any, Now)));
    }

    [Fact]
    public async Task An_attempt_is_in_the_log_as_it_was_made()
    {
        await ReadyAsync();
        var made = new DeliveryAttempt(First, 3, "order.paid", 2, Now, AttemptOutcome.Failed, 503, null, 87, "busy \"now\"", Now.AddMinutes(5));
        var refused = new DeliveryAttempt(First, 3, "order.paid", 3, Now.AddSeconds(1), AttemptOutcome.Parked, null, DeliveryErrors.Timeout, 15_000, "", null);
        await Cursors.ChangeAsync(First, cursor => cursor, made, release: false, Stop);
        await Cursors.ChangeAsync(First, cursor => cursor, refused, release: false, Stop);

        Assert.Equal([refused, made], (await Log.ListAsync(new AttemptQuery("ep_1"), Stop)).Attempts);
    }

    [Fact]
    public async Task The_log_is_read_by_order_and_outcome_newest_first_a_page_at_a_time()
    {
        await ReadyAsync();
        foreach (var (key, outcome) in new[]
        {
            (First, AttemptOutcome.Failed),
            (First, AttemptOutcome.Delivered),
            (Key("ep_1", "m-1", "o-2"), AttemptOutcome.Delivered),
            (Key("ep_1", "m-2", "o-1"), AttemptOutcome.Delivered),
            (Key("ep_2", "m-1", "o-1"), AttemptOutcome.Delivered),
        })
        {
            Advance(TimeSpan.FromSeconds(1));
            await Cursors.ChangeAsync(key, cursor => cursor, Attempt(key, outcome), release: false, Stop);
        }

        Assert.Equal(["m-2/o-1", "m-1/o-2", "m-1/o-1", "m-1/o-1"], await ReadAsync(new AttemptQuery("ep_1", Limit: 3)));
        Assert.Equal(["m-2/o-1", "m-1/o-2", "m-1/o-1"], await ReadAsync(new AttemptQuery("ep_1", Outcome: AttemptOutcome.Delivered, Limit: 1)));
        Assert.Equal(["m-1/o-2", "m-1/o-1", "m-1/o-1"], await ReadAsync(new AttemptQuery("ep_1", MachineId.Parse("m-1"))));
        Assert.Equal(["m-1/o-1"], await ReadAsync(new AttemptQuery("ep_1", MachineId.Parse("m-1"), OrderId.Parse("o-1"), AttemptOutcome.Failed)));
        await Assert.ThrowsAsync<FormatException>(async () => await Log.ListAsync(new AttemptQuery("ep_1", Continuation: "x"), Stop));
    }

    [Fact]
    public async Task Statistics_count_what_became_of_the_attempts_since_a_moment()
    {
        await ReadyAsync();
        await Cursors.ChangeAsync(First, cursor => cursor, Attempt(First, AttemptOutcome.Parked), release: false, Stop);
        Advance(TimeSpan.FromHours(1));
        var since = Now;
        foreach (var duration in new[] { 10, 20, 30 })
        {
            await Cursors.ChangeAsync(First, cursor => cursor, Attempt(First, AttemptOutcome.Delivered) with { Notice = duration, DurationMs = duration }, release: false, Stop);
        }

        Advance(TimeSpan.FromSeconds(1));
        await Cursors.ChangeAsync(First, cursor => cursor.Failed(Now.AddMinutes(5), Now), Attempt(First, AttemptOutcome.Failed), release: false, Stop);

        Assert.Equal(new DeliveryStatistics(3, 1, 0, 1, 20, 20, since, Now), await Log.StatisticsAsync("ep_1", since, Stop));
        Assert.Equal(new DeliveryStatistics(0, 0, 0, 0, null, null, null, null), await Log.StatisticsAsync("ep_2", since, Stop));
    }

    protected static CursorKey Key(string endpoint, string machine, string order) => new(endpoint, new OrderKey(MachineId.Parse(machine), OrderId.Parse(order)));

    private DeliveryAttempt Attempt(CursorKey key, AttemptOutcome outcome) => new(key, 1, "order.paid", 1, Now, outcome, 200, null, 5, "ok", null);

    private async Task<List<string>> ListAsync(CursorFilter filter)
    {
        var all = new List<string>();
        string? continuation = null;
        do
        {
            var page = await Cursors.ListAsync("ep_1", filter, continuation, Stop);
            all.AddRange(page.Keys.Select(key => key.Order.MachineId.Value));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        all.Sort(StringComparer.Ordinal);
        return all;
    }

    private async Task<List<string>> ReadAsync(AttemptQuery query)
    {
        var all = new List<string>();
        do
        {
            var page = await Log.ListAsync(query, Stop);
            Assert.InRange(page.Attempts.Count, 0, query.Limit);
            all.AddRange(page.Attempts.Select(attempt => attempt.Key.Order.ToString()));
            query = query with { Continuation = page.Continuation };
        }
        while (query.Continuation is not null);
        return all;
    }
}
