using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using EventId = PaymentMonitor.Contracts.EventId;

namespace PaymentMonitor.Server;

/// <summary>
/// Runs a recorded history through the rules, without I/O. The clock is that of the lines and never runs backwards. What is due
/// fires first, and at the end the clock runs until nothing is due, unless the history holds its own timers. Nobody is asked for
/// anything: verdicts, the provider's word and refunds are in the history, or did not come.
/// </summary>
internal sealed class Replay
{
    private readonly OrderOptions _options;
    private readonly Dictionary<(MachineId, OrderId), Order> _orders = [];
    private readonly PriorityQueue<(MachineId, OrderId), DateTimeOffset> _wakes = new();
    private readonly List<ReplaySetAside> _setAside = [];
    private DateTimeOffset _clock = DateTimeOffset.MinValue;
    private bool _timersAreRecorded;

    private Replay(OrderOptions options) => _options = options;

    internal static ReplayReport Run(IEnumerable<string> lines, OrderOptions options)
    {
        var replay = new Replay(options);
        var number = 0;
        var isFirst = true;
        foreach (var line in lines)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;

            replay.Take(ReplayLine.Parse(line), number, isFirst);
            isFirst = false;
        }

        if (!replay._timersAreRecorded)
            replay.RunClockTo(DateTimeOffset.MaxValue);

        return replay.Report();
    }

    private void Take(ReplayLine line, int number, bool isFirst)
    {
        switch (line)
        {
            case ReplayLine.RecordedTimers when isFirst:
                _timersAreRecorded = true;
                break;
            case ReplayLine.AdvanceTo advance:
                MoveClockTo(advance.Time);
                break;
            case ReplayLine.Arrival arrival:
                MoveClockTo(arrival.ReceivedAt);
                if (Apply(EventTime.Stamp(arrival.Event, arrival.Source, arrival.MachineId, _clock, _options)) is Acceptance.SetAside aside)
                    _setAside.Add(new ReplaySetAside(number, aside.Reason));
                break;
            case ReplayLine.Broken broken:
                _setAside.Add(new ReplaySetAside(number, broken.Reason));
                break;
            default:
                _setAside.Add(new ReplaySetAside(number, "timers-not-first"));
                break;
        }
    }

    private void MoveClockTo(DateTimeOffset time)
    {
        if (time <= _clock)
            return;

        if (!_timersAreRecorded)
            RunClockTo(time);

        _clock = time;
    }

    // Wakes every order that wants to be woken up to and including that moment, in the order of time.
    private void RunClockTo(DateTimeOffset time)
    {
        while (_wakes.TryPeek(out var key, out var due) && due <= time)
        {
            _wakes.Dequeue();

            // An order that changed its mind since has another wake in the queue.
            if (_orders[key].Due != due)
                continue;

            _clock = due;
            var wake = new ReportedEvent(EventId.Parse($"{key.Item2}/due"), key.Item2, new OrderEvent.Due(), due);
            Apply(EventTime.Stamp(wake, EventSource.System, key.Item1, due, _options));
        }
    }

    private Acceptance Apply(Envelope envelope)
    {
        var key = (envelope.MachineId, envelope.Event.OrderId);
        var before = _orders.GetValueOrDefault(key) ?? new Order(envelope.MachineId, envelope.Event.OrderId);
        var applied = OrderRules.Apply(before, envelope, _options);
        _orders[key] = applied.Order;
        if (applied.Order.Due is { } due && due != before.Due)
            _wakes.Enqueue(key, due);

        return applied.Acceptance;
    }

    private ReplayReport Report()
    {
        // An order of which nothing was accepted is none.
        var orders = _orders.Values
            .Where(order => !order.Envelopes.IsEmpty)
            .OrderBy(order => order.MachineId.Value, StringComparer.Ordinal)
            .ThenBy(order => order.OrderId.Value, StringComparer.Ordinal);
        return new ReplayReport([.. orders.Select(ReplayedOrder.Of)], _setAside);
    }
}
