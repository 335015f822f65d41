using System.Threading.Channels;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Tests.Embedded;

public sealed class OrderLoopTests : IAsyncDisposable
{
    private static readonly OrderKey Key = Reports.Key("m-1", "o-1");

    private readonly StoreUnderTest _store = StoreUnderTest.Started(new StoreOptions { QueueCapacity = 8, HotOrders = 4, BatchMax = 3 });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DateTimeOffset Now => _store.Time.GetUtcNow();

    [Fact]
    public async Task An_order_that_nobody_pays_is_closed_when_its_time_is_over()
    {
        var changes = _store.Store.Subscribe(16);
        await AppendAsync(Reports.Created("m-1", "o-1", Now, expiresInSeconds: 10));

        _store.Time.Advance(TimeSpan.FromSeconds(16));

        Assert.Equal(DecisionKinds.TradeClosed, (await DecidedAsync(changes)).Decisions[^1].Kind);
        Assert.Contains("order.due", await ExportAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wake_survives_a_restart()
    {
        await AppendAsync(Reports.Created("m-1", "o-1", Now, expiresInSeconds: 10));
        await _store.ReopenAsync();
        var changes = _store.Store.Subscribe(16);

        _store.Time.Advance(TimeSpan.FromSeconds(16));

        Assert.Equal(DecisionKinds.TradeClosed, (await DecidedAsync(changes)).Decisions[^1].Kind);
    }

    [Fact]
    public async Task A_wake_that_fell_due_while_nothing_ran_is_made_up_for()
    {
        await AppendAsync(Reports.Created("m-1", "o-1", Now, expiresInSeconds: 10));
        await _store.CloseAsync();
        _store.Time.Advance(TimeSpan.FromHours(1));
        var store = _store.Open();
        var changes = store.Subscribe(16);
        store.Start();

        _store.Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(DecisionKinds.TradeClosed, (await DecidedAsync(changes)).Decisions[^1].Kind);
    }

    [Fact]
    public async Task A_wake_does_not_overtake_a_payment_that_waits_in_the_queue()
    {
        await AppendAsync(Reports.Created("m-1", "o-1", Now, expiresInSeconds: 10));
        using var loop = await HeldLoop.HoldAsync(_store.Store.Loop);
        _store.Time.Advance(TimeSpan.FromSeconds(5));
        var payment = _store.Store.Log.AppendAsync(Reports.Paid("m-1", "o-1", Now), Token);
        _store.Time.Advance(TimeSpan.FromSeconds(30));

        loop.Release();

        await payment;
        await PassedAsync();
        var order = await _store.Store.Orders.ReadAsync(Key, Token);
        Assert.Equal(DecisionKinds.ShipmentAllowed, Assert.Single(order!.Decisions).Kind);
    }

    [Fact]
    public async Task A_payment_behind_the_wake_comes_too_late()
    {
        await AppendAsync(Reports.Created("m-1", "o-1", Now, expiresInSeconds: 10));
        using var loop = await HeldLoop.HoldAsync(_store.Store.Loop);
        _store.Time.Advance(TimeSpan.FromSeconds(30));
        var payment = _store.Store.Log.AppendAsync(Reports.Paid("m-1", "o-1", Now), Token);

        loop.Release();

        await payment;
        var order = await _store.Store.Orders.ReadAsync(Key, Token);
        Assert.Equal(DecisionKinds.TradeClosed, Assert.Single(order!.Decisions).Kind);
    }

    [Fact]
    public async Task A_full_queue_asks_reporters_to_come_again()
    {
        using var loop = await HeldLoop.HoldAsync(_store.Store.Loop);
        var taken = Enumerable.Range(0, 8).Select(i => _store.Store.Log.AppendAsync(Reports.Created("m-1", $"o-{i}", Now), Token).AsTask()).ToList();

        var e = await Assert.ThrowsAsync<LogUnavailableException>(async () => await AppendAsync(Reports.Created("m-1", "o-8", Now)));

        Assert.True(e.RetryAfter > TimeSpan.Zero);
        loop.Release();
        await Task.WhenAll(taken);
        await AppendAsync(Reports.Created("m-1", "o-8", Now));
    }

    [Fact]
    public async Task A_subscriber_hears_of_a_decision_and_what_was_before_it()
    {
        var changes = _store.Store.Subscribe(16);
        await AppendAsync(Reports.Created("m-1", "o-1", Now));
        await AppendAsync(Reports.Paid("m-1", "o-1", Now));

        var first = Assert.Single(await changes.ReadAsync(Token));
        var second = Assert.Single(await changes.ReadAsync(Token));

        Assert.Null(first.Before);
        Assert.Equal((first.After.Version, first.After.Status, first.After.Clock), (second.Before!.Version, second.Before.Status, second.Before.Clock));
        Assert.Equal(first.After.Envelopes.ToArray(), second.Before.Envelopes.ToArray());
        Assert.Equal(1, second.After.Version);
    }

    [Fact]
    public async Task A_slow_subscriber_holds_nobody_up()
    {
        var changes = _store.Store.Subscribe(1);
        for (var i = 0; i < 5; i++)
        {
            await AppendAsync(Reports.Created("m-1", $"o-{i}", Now));
        }

        Assert.Equal("o-0", Assert.Single(await changes.ReadAsync(Token)).After.OrderId.Value);
        Assert.False(changes.TryRead(out _));
    }

    [Fact]
    public async Task Orders_that_left_the_memory_are_read_again()
    {
        var orders = Enumerable.Range(0, 20).Select(i => $"o-{i}").ToList();
        foreach (var order in orders)
        {
            await AppendAsync(Reports.Created("m-1", order, Now));
        }

        foreach (var order in orders)
        {
            await AppendAsync(Reports.Paid("m-1", order, Now));
            await AppendAsync(Reports.Shipped("m-1", order, Now));
        }

        foreach (var order in orders)
        {
            var read = await _store.Store.Orders.ReadAsync(Reports.Key("m-1", order), Token);
            Assert.Equal(OrderStatus.Completed, read!.Status);
        }

        Assert.Equal(20, _store.Count("SELECT count(*) FROM orders"));
    }

    [Fact]
    public async Task An_event_on_which_the_rules_fail_is_set_aside_and_the_others_go_on()
    {
        // A permission that ends beyond the calendar: giving it throws.
        _store.Rules = OrderOptions.Default with { PermissionValidity = TimeSpan.MaxValue };
        await _store.ReopenAsync();
        var reports = new[]
        {
            Reports.Created("m-1", "o-1", Now),
            Reports.Paid("m-1", "o-1", Now),
            Reports.Of("m-1", "o-1", "started", new OrderEvent.PaymentStarted(), Now),
        };
        using (var loop = await HeldLoop.HoldAsync(_store.Store.Loop))
        {
            var appends = reports.Select(report => _store.Store.Log.AppendAsync(report, Token).AsTask()).ToList();
            loop.Release();
            await Task.WhenAll(appends);
        }

        var letter = Assert.Single(await DeadLettersAsync());
        Assert.Equal(("poison", "2", MachineId.Parse("m-1")), (letter.Reason, letter.Position, letter.MachineId));
        Assert.True(letter.Body.Span.IndexOf("payment.succeeded"u8) > 0);
        var order = await _store.Store.Orders.ReadAsync(Key, Token);
        Assert.Equal(["m-1.o-1.created", "m-1.o-1.started"], order!.Envelopes.Select(envelope => envelope.Event.Id.Value));
    }

    [Fact]
    public async Task An_event_that_cannot_count_is_set_aside_with_the_reason()
    {
        await AppendAsync(Reports.Of("m-1", "o-1", "forged", new OrderEvent.Assessed("approve", "me"), Now));

        Assert.Equal(SetAsideReasons.WrongSource, Assert.Single(await DeadLettersAsync()).Reason);
    }

    [Fact]
    public async Task A_write_that_fails_fails_alone()
    {
        using var loop = await HeldLoop.HoldAsync(_store.Store.Loop);
        var append = _store.Store.Log.AppendAsync(Reports.Created("m-1", "o-1", Now), Token);
        var write = _store.Store.Loop.WriteAsync<int>(_ => throw new InvalidDataException(), Token);

        loop.Release();

        await append;
        await Assert.ThrowsAsync<InvalidDataException>(() => write);
        Assert.NotNull(await _store.Store.Orders.ReadAsync(Key, Token));
    }

    [Fact]
    public async Task What_waits_is_worked_off_before_the_store_closes()
    {
        Task append;
        Task close;
        using (var loop = await HeldLoop.HoldAsync(_store.Store.Loop))
        {
            append = _store.Store.Log.AppendAsync(Reports.Created("m-1", "o-1", Now), Token).AsTask();
            close = _store.CloseAsync();
            loop.Release();
        }

        await append;
        await close;
        Assert.Equal(1, _store.Count("SELECT count(*) FROM log"));
    }

    [Fact]
    public async Task An_append_to_a_closed_store_is_refused()
    {
        var log = _store.Store.Log;
        await _store.CloseAsync();

        await Assert.ThrowsAsync<LogUnavailableException>(async () => await log.AppendAsync(Reports.Created("m-1", "o-1", Now), Token));
    }

    [Fact]
    public async Task An_export_has_everything_that_was_consumed_as_it_was_sent()
    {
        var created = Reports.Created("m-1", "o-1", Now);
        await AppendAsync(created with { Raw = "{\n  \"as\": \"sent\"\r\n}"u8.ToArray() });
        await AppendAsync(Reports.Paid("m-1", "o-1", Now));

        var beside = await ExportAsync();
        await _store.CloseAsync();

        Assert.Equal(beside, await ExportAsync());
        var lines = beside.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("""{"timers":"recorded"}""", lines[0]);
        Assert.Equal("""{"receivedAt":"2026-11-23T12:00:00Z","source":"machine","machineId":"m-1","event":{   "as": "sent"  }}""", lines[1]);
        Assert.Contains("payment.succeeded", lines[2], StringComparison.Ordinal);
        Assert.Contains("\"source\":\"system\"", lines[3], StringComparison.Ordinal);
        Assert.Contains("order.assessed", lines[3], StringComparison.Ordinal);
        Assert.Equal(4, lines.Length);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private async Task<IEnumerable<DeadLetter>> DeadLettersAsync() =>
        (await _store.Store.DeadLetters.ListAsync(new DeadLetterQuery(), Token)).Letters.Select(kept => kept.Letter);

    private ValueTask AppendAsync(Report report) => _store.Store.Log.AppendAsync(report, Token);

    /// <summary>Returns when everything that is in the queue now was worked off.</summary>
    private Task<bool> PassedAsync() => _store.Store.Loop.WriteAsync(_ => true, Token);

    private async Task<string> ExportAsync()
    {
        using var output = new MemoryStream();
        await HistoryExport.WriteAsync(_store.Folder, output, Token);
        return System.Text.Encoding.UTF8.GetString(output.ToArray());
    }

    private static async Task<Order> DecidedAsync(ChannelReader<IReadOnlyList<OrderChange>> changes)
    {
        await foreach (var transaction in changes.ReadAllAsync(Token))
        {
            foreach (var change in transaction)
            {
                if (change.After.Version > (change.Before?.Version ?? 0))
                {
                    return change.After;
                }
            }
        }

        throw new InvalidOperationException("The store stopped without a decision.");
    }
}
