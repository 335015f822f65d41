using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

public sealed class MachineOutboxTests : IDisposable
{
    private static readonly OrderId Order = OrderId.Parse("o-1");
    private static readonly TimeSpan Now = TimeSpan.FromMinutes(1);

    private readonly MachineJournal _journal = MachineJournal.InMemory();
    private readonly MachineOutbox _outbox;

    public MachineOutboxTests()
    {
        var options = new MachineClientOptions
        {
            Endpoint = new Uri("http://127.0.0.1"),
            MachineId = MachineId.Parse("m-1"),
            Secret = "secret",
            Journal = _journal,
            OutboxCapacity = 8,
            InFlightWindow = 3,
            EventsPerSecond = 2,
            EventsBurst = 8,
        };
        _outbox = new MachineOutbox(options, _journal.Attach(options.MachineId));
    }

    public void Dispose() => _journal.Dispose();

    [Fact]
    public void Reports_leave_in_their_order_and_no_more_than_the_window_at_a_time()
    {
        Add(1, 2, 3, 4, 5);

        Assert.Equal([1, 2, 3], Take());

        _outbox.Receive(Receipt.Accepted("e2"), Now, 0);
        Assert.Equal([4], Take());
    }

    [Fact]
    public void After_a_disconnect_what_was_in_flight_leaves_again_before_the_rest()
    {
        Add(1, 2, 3, 4);
        Take();
        _outbox.Receive(Receipt.Accepted("e1"), Now, 0);

        _outbox.Disconnected();

        Assert.Equal([2, 3, 4], Take());
    }

    [Fact]
    public void A_retry_holds_everything_back_for_its_delay()
    {
        Add(1, 2);
        Take();

        _outbox.Receive(Receipt.Retry("e1", new NamedError("unavailable", "Busy."), TimeSpan.FromSeconds(2)), Now, jitter: 0.5);
        Add(3);

        Assert.Empty(Take());
        Assert.Equal(Now + TimeSpan.FromSeconds(3), _outbox.Expire(Now));
        Assert.Equal([1, 3], Take(Now + TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public void What_has_no_receipt_in_time_leaves_again()
    {
        Add(1);
        Take();

        Assert.Equal(Now + TimeSpan.FromSeconds(30), _outbox.Expire(Now + TimeSpan.FromSeconds(29)));
        Assert.Empty(Take());

        _outbox.Expire(Now + TimeSpan.FromSeconds(30));
        Assert.Equal([1], Take(Now + TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void A_resend_request_takes_back_what_it_names_and_nothing_of_another_boot()
    {
        Add(1, 2, 3);
        Take();

        _outbox.Resend(new ResendRange(Boot: 8, 1, 9));
        Assert.Empty(Take());

        _outbox.Resend(new ResendRange(Boot: 7, 2, 3));
        Assert.Equal([2, 3], Take());
    }

    [Fact]
    public void A_receipt_that_comes_late_ends_a_report_that_waits_to_leave_again()
    {
        Add(1);
        Take();
        _outbox.Disconnected();

        Assert.True(_outbox.Receive(Receipt.Accepted("e1"), Now, 0));

        Assert.Empty(Take());
        Assert.False(_outbox.Receive(Receipt.Accepted("e1"), Now, 0));
    }

    [Fact]
    public void A_full_outbox_refuses_new_orders_first_and_then_everything()
    {
        Add(1, 2, 3, 4, 5, 6);

        Assert.Throws<ReportRefusedException>(() => _outbox.Add(Event(7, new OrderEvent.Created(1, Currency.Parse("EUR"), Channel.Parse("cash"), 60)), false));
        Add(7, 8);
        var full = Assert.Throws<ReportRefusedException>(() => Add(9));
        Assert.Contains("payment.started", full.Message, StringComparison.Ordinal);
        Assert.Equal(8, _outbox.Count);
    }

    [Fact]
    public void An_id_that_waits_already_is_the_same_report()
    {
        var first = _outbox.Add(Event(1, new OrderEvent.PaymentStarted()), false);
        _outbox.Kept();

        Assert.Same(first, _outbox.Add(Event(1, new OrderEvent.PaymentStarted()), false));
        Assert.Equal([1], Take());
    }

    [Fact]
    public void A_backlog_leaves_at_a_bounded_rate()
    {
        Add(1, 2, 3, 4, 5, 6, 7, 8);
        var now = Now;
        var left = new List<int>();
        for (var taken = Take(now); taken.Count > 0; taken = Take(now))
        {
            left.AddRange(taken);
            taken.ForEach(number => _outbox.Receive(Receipt.Accepted($"e{number}"), now, 0));
        }

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], left);
        Add(9, 10, 11);
        Assert.Empty(Take(now));
        Assert.Equal(now + TimeSpan.FromSeconds(0.5), _outbox.Expire(now));
        Assert.Equal([9], Take(now + TimeSpan.FromSeconds(0.5)));
        Assert.Equal([10, 11], Take(now + TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void A_refused_event_names_why()
    {
        Assert.Equal("event-too-large", Assert.Throws<ReportRefusedException>(() => _outbox.Add(Event(1, new OrderEvent.PaymentFailed(new string('x', 65_536))), false)).Name);

        Add(1, 2, 3, 4, 5, 6, 7, 8);
        Assert.Equal("outbox-full", Assert.Throws<ReportRefusedException>(() => Add(9)).Name);
    }

    private static ReportedEvent Event(int number, OrderEvent body)
    {
        return new ReportedEvent(EventId.Parse($"e{number}"), Order, body, DateTimeOffset.UnixEpoch, Boot: 7, Seq: number);
    }

    private void Add(params int[] numbers)
    {
        foreach (var number in numbers)
        {
            _outbox.Add(Event(number, new OrderEvent.PaymentStarted()), offline: false);
        }

        _outbox.Kept();
    }

    private List<int> Take(TimeSpan? now = null)
    {
        var numbers = new List<int>();
        while (_outbox.TryTake(now ?? Now, out var report))
        {
            numbers.Add((int)report.Event.Seq!);
        }

        return numbers;
    }
}
