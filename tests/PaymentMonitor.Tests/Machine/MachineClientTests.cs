using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

public sealed class MachineClientTests : IAsyncLifetime
{
    private static readonly OrderId Order = OrderId.Parse("o-1");
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    private FakeBackEnd _backEnd = null!;

    public async ValueTask InitializeAsync() => _backEnd = await FakeBackEnd.StartAsync();

    public ValueTask DisposeAsync() => _backEnd.DisposeAsync();

    [Fact]
    public async Task A_report_ends_with_its_receipt()
    {
        await using var machine = await ConnectedAsync();

        var report = await machine.ReportAsync(Order, new OrderEvent.PaymentStarted());
        var receipt = await report.Receipt.WaitAsync(Guard);

        var arrived = await _backEnd.NextEventAsync();
        Assert.Equal(ReceiptStatus.Accepted, receipt.Status);
        Assert.Equal(report.Event with { SentAt = arrived.SentAt }, arrived);
        Assert.Equal(1, arrived.Seq);
        Assert.True(arrived.SentAt >= arrived.Time);
        Assert.False(arrived.Offline);
        Assert.Equal(0, machine.Pending);
    }

    [Fact]
    public async Task The_token_travels_in_the_header()
    {
        await using var machine = await ConnectedAsync();

        Assert.Equal("m-1.1", await FakeBackEnd.Within(_backEnd.Tokens.Reader.ReadAsync()));
    }

    [Fact]
    public async Task A_wrong_secret_is_told_and_not_tried_again_soon()
    {
        await using var machine = new MachineClient(Options() with { Secret = "wrong" });

        var refused = await Assert.ThrowsAsync<MachineRefusedException>(() => machine.ConnectAsync().WaitAsync(Guard));

        Assert.Contains("m-1", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-", refused.Message, StringComparison.Ordinal);
        Assert.Equal(ConnectionState.Refused, machine.State);
        Assert.Equal(1, _backEnd.Negotiations);
    }

    [Fact]
    public async Task What_was_not_receipted_is_sent_again_under_the_same_id_over_the_next_connection()
    {
        _backEnd.Answer = _ => null;
        await using var machine = await ConnectedAsync();
        var report = await machine.ReportAsync(Order, new OrderEvent.PaymentStarted());
        var first = await _backEnd.NextEventAsync();

        _backEnd.Answer = reported => Receipt.Accepted(reported.Id.Value);
        _backEnd.Drop();

        var second = await _backEnd.NextEventAsync();
        await report.Receipt.WaitAsync(Guard);
        Assert.Equal(first.Id, second.Id);
        Assert.Equal(first.Seq, second.Seq);
        Assert.True(second.Offline);
        Assert.True(second.SentAt > first.SentAt);
    }

    [Fact]
    public async Task What_was_reported_without_a_connection_is_sent_in_order_and_marked_offline()
    {
        await using var machine = new MachineClient(Options());
        var reports = new List<MachineReport>
        {
            await machine.ReportAsync(Order, new OrderEvent.PaymentStarted()),
            await machine.ReportAsync(Order, new OrderEvent.Cancelled()),
        };

        await machine.ConnectAsync().WaitAsync(Guard);
        await machine.FlushAsync().WaitAsync(Guard);

        foreach (var report in reports)
        {
            Assert.Equal(report.Event with { SentAt = null, Offline = true }, await _backEnd.NextEventAsync() with { SentAt = null });
        }
    }

    [Fact]
    public async Task A_retry_receipt_has_the_event_sent_again()
    {
        var asked = 0;
        _backEnd.Answer = reported => asked++ == 0
            ? Receipt.Retry(reported.Id.Value, new NamedError("unavailable", "The log is full."), TimeSpan.FromMilliseconds(20))
            : Receipt.Accepted(reported.Id.Value);
        await using var machine = await ConnectedAsync();

        var report = await machine.ReportAsync(Order, new OrderEvent.PaymentStarted());

        Assert.Equal(ReceiptStatus.Accepted, (await report.Receipt.WaitAsync(Guard)).Status);
        Assert.Equal((await _backEnd.NextEventAsync()).Id, (await _backEnd.NextEventAsync()).Id);
    }

    [Fact]
    public async Task A_resend_request_is_answered_from_the_outbox()
    {
        _backEnd.Answer = _ => null;
        await using var machine = await ConnectedAsync();
        await _backEnd.NextSyncAsync();
        var report = await machine.ReportAsync(Order, new OrderEvent.PaymentStarted());
        var first = await _backEnd.NextEventAsync();

        await _backEnd.SendAsync(new SyncAnswer([], [new ResendRange(first.Boot!.Value, 1, 5)]));

        Assert.Equal(report.Event.Id, (await _backEnd.NextEventAsync()).Id);
    }

    [Fact]
    public async Task A_rejected_event_ends_with_the_reason()
    {
        _backEnd.Answer = reported => Receipt.Rejected(reported.Id.Value, new NamedError("reference-taken", "It belongs to another order."));
        await using var machine = await ConnectedAsync();

        var report = await machine.ReportAsync(Order, new OrderEvent.PaymentStarted());

        var receipt = await report.Receipt.WaitAsync(Guard);
        Assert.Equal("reference-taken", receipt.Error?.Name);
        Assert.Equal(0, machine.Pending);
    }

    [Fact]
    public async Task Garbage_from_the_back_end_costs_the_message_or_the_connection_and_nothing_else()
    {
        await using var machine = await ConnectedAsync();
        await _backEnd.NextSyncAsync();

        await _backEnd.SendRawAsync("""{"type":"message","from":"server","dataType":"json","data":{"type":"from-the-future"}}""");
        await _backEnd.SendRawAsync("""{"type":"message","from":"server","dataType":"json","data":{"type":"decision","orderId":5}}""");
        await _backEnd.SendRawAsync("""{"type":"message","from":"server","dataType":"text","data":"hello"}""");
        await (await machine.ReportAsync(Order, new OrderEvent.PaymentStarted())).Receipt.WaitAsync(Guard);
        Assert.Equal(1, _backEnd.Negotiations);
        Assert.False(_backEnd.Syncs.Reader.TryRead(out _));

        await _backEnd.SendRawAsync("<html>");
        await _backEnd.NextSyncAsync();
        await (await machine.ReportAsync(Order, new OrderEvent.Cancelled())).Receipt.WaitAsync(Guard);
    }

    [Fact]
    public async Task A_peer_that_is_gone_without_a_word_is_noticed()
    {
        _backEnd.Deaf = true;
        await using var machine = new MachineClient(Options() with { KeepAliveInterval = TimeSpan.FromMilliseconds(100) });
        await machine.ConnectAsync().WaitAsync(Guard);
        _backEnd.Deaf = false;

        await _backEnd.NextSyncAsync();
    }

    [Fact]
    public async Task A_token_near_its_end_is_renewed_and_another_is_used_again()
    {
        await using var machine = await ConnectedAsync();
        await _backEnd.NextSyncAsync();
        _backEnd.Drop();
        await _backEnd.NextSyncAsync();
        Assert.Equal(1, _backEnd.Negotiations);

        await using var expiring = new MachineClient(Options() with { MachineId = MachineId.Parse("m-2") });
        _backEnd.TokenLife = TimeSpan.FromSeconds(90);
        await expiring.ConnectAsync().WaitAsync(Guard);
        await _backEnd.NextSyncAsync();
        _backEnd.Drop();
        await _backEnd.NextSyncAsync();
        await _backEnd.NextSyncAsync();
        Assert.Equal(3, _backEnd.Negotiations);
    }

    [Fact]
    public async Task A_refused_token_leads_to_a_new_one()
    {
        _backEnd.RefuseTokens = true;
        await using var machine = new MachineClient(Options());
        var connecting = machine.ConnectAsync();
        Assert.Equal("m-1.1", await FakeBackEnd.Within(_backEnd.Tokens.Reader.ReadAsync()));

        _backEnd.RefuseTokens = false;

        await connecting.WaitAsync(Guard);
        Assert.True(_backEnd.Negotiations >= 2);
    }

    [Fact]
    public async Task The_clock_is_corrected_by_the_back_ends()
    {
        _backEnd.Clock = () => TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(3);
        await using var machine = await ConnectedAsync();

        Assert.InRange(machine.Now - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(179), TimeSpan.FromMinutes(181));
    }

    [Fact]
    public async Task Changes_of_the_connection_are_told_until_the_client_is_disposed()
    {
        var machine = await ConnectedAsync();
        await _backEnd.NextSyncAsync();
        _backEnd.Drop();
        await _backEnd.NextSyncAsync();
        await machine.DisposeAsync();

        var states = new List<ConnectionState>();
        await foreach (var state in machine.ReadStatesAsync())
        {
            states.Add(state);
        }

        Assert.Equal([ConnectionState.Connected, ConnectionState.Reconnecting, ConnectionState.Connected, ConnectionState.Closed], states);
    }

    [Fact]
    public async Task Disposing_gives_up_what_has_no_receipt()
    {
        _backEnd.Answer = _ => null;
        var machine = await ConnectedAsync();
        var report = await machine.ReportAsync(Order, new OrderEvent.PaymentStarted());

        await machine.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => report.Receipt);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await machine.ReportAsync(Order, new OrderEvent.Cancelled()));
    }

    internal MachineClientOptions Options() => new()
    {
        Endpoint = _backEnd.Endpoint,
        Subprotocol = MachineSubprotocol.Json,
        MachineId = MachineId.Parse("m-1"),
        Secret = FakeBackEnd.Secret,
        Journal = MachineJournal.InMemory(),
        Backoff = new Backoff { Base = TimeSpan.FromMilliseconds(20), Max = TimeSpan.FromMilliseconds(100) },
        ConfirmDelay = TimeSpan.FromMilliseconds(20),
    };

    private async Task<MachineClient> ConnectedAsync()
    {
        var machine = new MachineClient(Options());
        await machine.ConnectAsync().WaitAsync(Guard);
        return machine;
    }
}
