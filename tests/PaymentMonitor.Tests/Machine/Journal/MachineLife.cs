using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine.Journal;

/// <summary>
/// What the world outside knows of a machine over all its lives: what its program was told is safe, what the back end was told is
/// confirmed, and which goods were released. Each life works off some orders until its power goes, and checks what it finds first.
/// </summary>
internal sealed class MachineLife
{
    private static readonly PaymentMonitor.Contracts.Channel Cash = PaymentMonitor.Contracts.Channel.Parse("cash");
    private static readonly MachineId Id = MachineId.Parse("m-1");
    private static readonly JournalLimits Limits = new(SegmentBytes: 2_048, MaxSegments: 8, TimeSpan.FromDays(1));
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Dictionary<string, ReportedEvent> _safe = [];
    private readonly HashSet<string> _known = [];
    private readonly Dictionary<OrderId, List<Decision>> _decided = [];
    private readonly Dictionary<OrderId, int> _confirmed = [];
    private readonly HashSet<Decision> _handedOver = [];
    private readonly HashSet<Decision> _done = [];
    private readonly List<string> _faults = [];
    private long _boot;
    private int _events;
    private int _orders;

    internal IReadOnlyList<string> Faults => _faults;

    /// <summary>Lives until all orders are worked off or the power goes.</summary>
    internal async Task LiveAsync(FaultyFolder folder, int orders)
    {
        MachineJournal journal;
        try
        {
            journal = MachineJournal.Open(folder, "test", Limits, _time, null);
        }
        catch (JournalException)
        {
            return;
        }

        using var queue = new DecisionQueue();
        try
        {
            await new Life(this, journal, queue, folder).RunAsync(orders).WaitAsync(Guard);
        }
        catch (ReportRefusedException) when (folder.Crashed.IsCompleted)
        {
            // The power went.
        }
        catch (PowerCutException)
        {
            // The same, while something was waited for.
        }

        queue.Complete();
        journal.Dispose();
    }

    /// <summary>In the end everything that was decided was handed over.</summary>
    internal void Judge()
    {
        foreach (var decision in _decided.Values.SelectMany(decisions => decisions))
        {
            Check(_handedOver.Contains(decision), $"{decision.OrderId}/{decision.Version} was never handed over");
        }
    }

    private void Check(bool holds, string fault)
    {
        if (!holds)
        {
            _faults.Add(fault);
        }
    }

    private sealed class PowerCutException : Exception;

    private sealed class Life
    {
        private readonly MachineLife _world;
        private readonly MachineJournal _journal;
        private readonly FaultyFolder _folder;
        private readonly MachineLedger _ledger;
        private readonly MachineOutbox _outbox;
        private readonly DecisionInbox _inbox;
        private readonly HandOver _handOver;
        private readonly IAsyncEnumerator<MachineDecision> _reader;
        private readonly Channel<bool> _kept = System.Threading.Channels.Channel.CreateUnbounded<bool>();
        private Task<bool>? _reading;

        internal Life(MachineLife world, MachineJournal journal, DecisionQueue queue, FaultyFolder folder)
        {
            _world = world;
            _journal = journal;
            _folder = folder;
            _ledger = journal.Attach(Id);
            var options = new MachineClientOptions { Endpoint = new Uri("http://127.0.0.1"), MachineId = Id, Secret = "s", Journal = journal };
            _outbox = new MachineOutbox(options, _ledger);
            _handOver = new HandOver(journal, _ledger, queue, world._time, NullLogger.Instance);
            _inbox = new DecisionInbox(16, journal, _ledger, queue, () => _kept.Writer.TryWrite(true));
            _reader = _handOver.ReadAsync(world._time.GetUtcNow, (decision, _) => throw new InvalidOperationException($"{decision} is not over."), default).GetAsyncEnumerator();
        }

        internal async Task RunAsync(int orders)
        {
            CheckEvents();
            _handOver.ClockKnown();
            await CatchUpAsync();
            for (var i = 0; i < orders; i++)
            {
                await SellAsync();
            }
        }

        private void CheckEvents()
        {
            _world.Check(_ledger.LastBoot > _world._boot, $"Boot {_ledger.LastBoot} follows {_world._boot}");
            var found = _outbox.Snapshot().ToDictionary(report => report.Event.Id.Value, report => report.Event);
            foreach (var (id, reported) in _world._safe)
            {
                _world.Check(found.TryGetValue(id, out var kept) && kept == reported, $"{id} ({reported.Body.Type}) was safe and is lost");
            }

            foreach (var id in found.Keys)
            {
                _world.Check(_world._known.Contains(id), $"{id} comes from nowhere");
            }
        }

        /// <summary>The back end lists what is not confirmed; the program works off what it is handed.</summary>
        private async Task CatchUpAsync()
        {
            var listed = _world._decided.Values.SelectMany(decisions => decisions).Where(decision => decision.Version > _world._confirmed.GetValueOrDefault(decision.OrderId)).ToList();
            _inbox.Listed(listed);
            foreach (var decision in listed)
            {
                _inbox.Offer(decision, listed: true);
                await ConfirmAsync(decision);
            }

            int open;
            lock (_ledger.Lock)
            {
                open = _ledger.Orders.Values.Sum(order => order.Open.Count);
            }

            for (; open > 0; open--)
            {
                await ActAsync();
            }

            await ReadOnAsync();
        }

        private async Task SellAsync()
        {
            var orderId = OrderId.Parse($"o-{++_world._orders}");
            await ReportAsync(orderId, new OrderEvent.Created(250, Currency.Parse("EUR"), Cash, 60));
            await ReportAsync(orderId, new OrderEvent.PaymentSucceeded(PaymentId.Parse($"{orderId}.1"), 250));
            Acknowledge();
            await DecideAsync(orderId, DecisionKinds.ShipmentAllowed);
            await DecideAsync(orderId, DecisionKinds.TradeCompleted);
            Acknowledge();
        }

        private async Task DecideAsync(OrderId orderId, string kind)
        {
            var now = _world._time.GetUtcNow();
            var decisions = _world._decided.TryGetValue(orderId, out var known) ? known : _world._decided[orderId] = [];
            var decision = new Decision(orderId, decisions.Count + 1, kind, "why", now, now.AddDays(1));
            decisions.Add(decision);
            _inbox.Offer(decision, listed: false);
            await ConfirmAsync(decision);
            await ActAsync();
        }

        private async Task ConfirmAsync(Decision decision)
        {
            while (!_inbox.HasNews)
            {
                await UntilAsync(_kept.Reader.ReadAsync().AsTask());
                if (_folder.Crashed.IsCompleted)
                {
                    throw new PowerCutException();
                }
            }

            foreach (var confirmation in _inbox.Confirm())
            {
                _world._confirmed[confirmation.OrderId] = confirmation.Version;
            }

            _inbox.Confirmed();
        }

        private async Task ActAsync()
        {
            var (decision, uncertain) = await ReadOnAsync() ?? throw new PowerCutException();
            var again = !_world._handedOver.Add(decision);
            _world.Check(uncertain || !again, $"{decision.OrderId}/{decision.Version} was handed over twice and does not say so");
            _world.Check(!uncertain || again || _journal.Recovery.DamagedAt is not null || !_world._done.Contains(decision), $"{decision.OrderId}/{decision.Version} is uncertain for no reason");
            _world.Check(!_world._done.Contains(decision) || decision.Kind != DecisionKinds.ShipmentAllowed, $"{decision.OrderId}/{decision.Version} was done and comes again");
            if (decision.Kind == DecisionKinds.ShipmentAllowed)
            {
                await ReportAsync(decision.OrderId, new OrderEvent.ShipmentCompleted());
            }

            _world._done.Add(decision);
        }

        private async Task<MachineDecision?> ReadOnAsync()
        {
            _reading ??= _reader.MoveNextAsync().AsTask();
            if (!_reading.IsCompleted)
            {
                bool open;
                lock (_ledger.Lock)
                {
                    open = _ledger.Orders.Values.Any(order => order.Open.Count > 0);
                }

                if (!open)
                {
                    return null;
                }
            }

            await UntilAsync(_reading);
            Assert.True(await _reading);
            _reading = null;
            return _reader.Current;
        }

        private async Task ReportAsync(OrderId orderId, OrderEvent body)
        {
            var reported = new ReportedEvent(EventId.Parse($"e-{++_world._events}"), orderId, body, _world._time.GetUtcNow(), Boot: _ledger.LastBoot, Seq: _world._events);
            _world._known.Add(reported.Id.Value);
            var report = _outbox.Add(reported, offline: false);
            try
            {
                await report.Kept;
            }
            finally
            {
                _outbox.Kept();
            }

            _world._boot = _ledger.LastBoot;
            _world._safe[reported.Id.Value] = reported;
        }

        /// <summary>The back end has everything so far.</summary>
        private void Acknowledge()
        {
            foreach (var report in _outbox.Snapshot())
            {
                _world._safe.Remove(report.Event.Id.Value);
                _outbox.Receive(Receipt.Accepted(report.Event.Id.Value), TimeSpan.Zero, 0);
            }
        }

        private async Task UntilAsync(Task happens)
        {
            if (await Task.WhenAny(happens, _folder.Crashed) != happens && !happens.IsCompleted)
            {
                throw new PowerCutException();
            }
        }
    }
}
