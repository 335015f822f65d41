using System.Collections.Immutable;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using EventId = PaymentMonitor.Contracts.EventId;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// One transaction of the loop. Orders change in memory and are written once, at the end, however many of their events the
/// transaction takes; what the store knows is touched only when all of it is on the disk.
/// </summary>
/// <param name="touched">For the orders that this transaction touches: empty, and used by one transaction at a time.</param>
internal sealed class UnitOfWork(
    StoreWriter writer,
    OrderWorkflow workflow,
    HotOrders hot,
    PendingReferences references,
    Dictionary<OrderKey, TouchedOrder> touched,
    long position,
    long newestRow)
{
    private readonly Dictionary<OrderKey, TouchedOrder> _touched = touched;
    private HashSet<OrderKey>? _removed;
    private ImmutableArray<KeyValuePair<PaymentReference, OrderKey>> _references = [];
    private List<(string Reason, bool IsReplay)>? _setAside;
    private List<OrderKey>? _lostCoupons;

    internal StoreWriter Writer => writer;

    /// <summary>The newest position of the log, with this transaction's rows.</summary>
    internal long Position { get; private set; } = position;

    /// <summary>The newest order's key, with this transaction's orders.</summary>
    internal long NewestRow { get; private set; } = newestRow;

    /// <summary>When this transaction began, by the clock that stamps arrivals.</summary>
    internal required DateTimeOffset Now { get; init; }

    /// <summary>Whether anybody reads the feed of changed orders.</summary>
    internal bool KeepsFeed { get; set; }

    internal Action<OrderKey, Exception>? OnPoison { get; init; }

    /// <inheritdoc cref="StoreOptions.OrdersElsewhere"/>
    internal bool OrdersElsewhere { get; init; }

    /// <summary>What this transaction set aside, to be counted once it is on the disk.</summary>
    internal IReadOnlyList<(string Reason, bool IsReplay)> DeadLetters => _setAside is null ? [] : _setAside;

    /// <summary>Orders that this transaction found paid, and their coupon another's.</summary>
    internal IReadOnlyList<OrderKey> LostCoupons => _lostCoupons ?? [];

    internal void Apply(Report report, long receivedAtMs)
    {
        if (OrdersElsewhere)
        {
            Append(receivedAtMs, report.MachineId, report.Source, report.Raw.Span);
            return;
        }

        var receivedAt = DateTimeOffset.FromUnixTimeMilliseconds(receivedAtMs);
        Apply(EventTime.Stamp(report.Event, report.Source, report.MachineId, receivedAt, workflow.Options), receivedAtMs, report.Raw.Span, report.Replays);
    }

    /// <summary>Lets the order look at the clock, if it still wants to.</summary>
    internal void Wake(OrderKey key, long nowMs)
    {
        if (Find(key)?.Due is not { } due || Wakes.ToMs(due) > nowMs)
        {
            return;
        }

        var now = DateTimeOffset.FromUnixTimeMilliseconds(nowMs);
        if (OrdersElsewhere)
        {
            Append(nowMs, key.MachineId, EventSource.System, OrderWake.Of(key, due, now).Raw.Span);
            return;
        }

        var wake = new ReportedEvent(EventId.Parse($"{key.OrderId}/due/{nowMs}"), key.OrderId, new OrderEvent.Due(), now);
        Apply(EventTime.Stamp(wake, EventSource.System, key.MachineId, now, workflow.Options), nowMs, EventJson.ToBytes(wake));
        if (_touched.TryGetValue(key, out var touched))
        {
            touched.WokenAtMs = nowMs;
        }
    }

    /// <returns>What is above all that was decided.</returns>
    internal IReadOnlyList<Confirmation> Confirm(MachineId machineId, IReadOnlyList<Confirmation> confirmed)
    {
        List<Confirmation>? lost = null;
        foreach (var (orderId, version) in confirmed)
        {
            var key = new OrderKey(machineId, orderId);
            var order = Find(key);
            if (version > (order?.Version ?? 0))
            {
                (lost ??= []).Add(new Confirmation(orderId, version));
            }
            else if (order?.Confirmed(version) is { } after && !ReferenceEquals(after, order))
            {
                Touch(key).After = after;
            }
        }

        return lost ?? [];
    }

    /// <summary>Takes in orders as they were saved elsewhere, and how far into the log they were worked. Doing it again changes nothing.</summary>
    internal int Take(IReadOnlyList<SavedOrder> saved, long position)
    {
        foreach (var (order, createdAtMs, wokenAtMs) in saved)
        {
            // Of an order nobody has heard anything of but what was set aside, there is nothing to keep.
            if (order.Envelopes.IsEmpty)
            {
                continue;
            }

            var touched = Touch(new OrderKey(order.MachineId, order.OrderId));
            (touched.IsTaken, touched.WokenAtMs) = (true, wokenAtMs);
            if (touched.After is not { } known || SavedOrder.IsNews(known, order))
            {
                // What the machine confirmed may have come here before the save that it overtook.
                touched.After = order.Confirmed(touched.After?.ConfirmedVersion ?? 0);
                touched.HasEvents = true;
                touched.CreatedAtMs ??= createdAtMs;
            }
        }

        LogPosition.Save(writer.Database, position);
        return saved.Count;
    }

    /// <summary>Takes an order out of the store for good, with what leads to it, if it still is as it was read.</summary>
    internal bool Remove(Order order)
    {
        var key = new OrderKey(order.MachineId, order.OrderId);
        if (_touched.ContainsKey(key) || (hot.Find(key) ?? writer.FindOrder(key)) is not { } stored
            || stored.Order.Clock != order.Clock || stored.Order.Version != order.Version || stored.Order.ConfirmedVersion != order.ConfirmedVersion)
        {
            return false;
        }

        writer.RemoveOrder(stored);
        return (_removed ??= []).Add(key);
    }

    internal void SetAsidePoison(Report report, long receivedAtMs)
    {
        var json = report.Raw.Span;
        Append(receivedAtMs, report.MachineId, report.Source, json);
        SetAside(DeadLetterReasons.Poison, receivedAtMs, report.MachineId, report.Source, json, report.Replays);
    }

    /// <returns>Whether the letter is new: on the same day it is kept once.</returns>
    internal bool SetAside(DeadLetter letter, DateTimeOffset now)
    {
        if (!writer.TrySetAside(letter, now))
        {
            return false;
        }

        Count(letter.Reason, letter.Replays);
        return true;
    }

    /// <summary>Writes what was changed. Only the commit is missing then.</summary>
    internal void Write()
    {
        foreach (var (key, touched) in _touched)
        {
            Write(key, touched);
        }

        _references = references.Pending();
        foreach (var (reference, owner) in _references)
        {
            writer.AddReference(reference, owner);
        }
    }

    /// <summary>After the commit: makes the changes known to everyone.</summary>
    internal List<OrderChange> Publish(Wakes wakes, UnconfirmedOrders unconfirmed, OrderCounts counts)
    {
        if (_removed is not null)
        {
            foreach (var key in _removed)
            {
                hot.Remove(key);
            }
        }

        var changes = new List<OrderChange>(_touched.Count);
        foreach (var (key, touched) in _touched)
        {
            if (!touched.IsChanged)
            {
                if (touched.IsTaken)
                {
                    SetWake(wakes, key, touched);
                }

                continue;
            }

            // The order's own name, which it has kept from its first event: who keeps the key keeps those strings only.
            var after = touched.After!;
            var own = new OrderKey(after.MachineId, after.OrderId);
            hot.Put(own, touched.RowId, writer.Packed(touched.Packed));
            SetWake(wakes, own, touched);
            unconfirmed.Note(after);
            counts.Note(touched.Before, after);
            changes.Add(new OrderChange(touched.Before, after));
        }

        references.Written(_references);
        return changes;
    }

    private void Apply(Envelope envelope, long receivedAtMs, ReadOnlySpan<byte> json, int replays = 0)
    {
        var key = new OrderKey(envelope.MachineId, envelope.Event.OrderId);
        var order = Find(key);
        Worked worked;
        try
        {
            worked = workflow.Work(order, envelope, Now);
        }
        catch (Exception e)
        {
            // A fault in the rules must not stop every other order.
            Append(receivedAtMs, envelope.MachineId, envelope.Source, json);
            SetAside(DeadLetterReasons.Poison, receivedAtMs, envelope.MachineId, envelope.Source, json, replays);
            OnPoison?.Invoke(key, e);
            return;
        }

        if (worked.Ahead is { } ahead)
        {
            Append(receivedAtMs, ahead.MachineId, ahead.Source, EventJson.ToBytes(ahead.Event));
        }

        Append(receivedAtMs, envelope.MachineId, envelope.Source, json);
        if (worked.SetAside is { } reason)
        {
            SetAside(reason, receivedAtMs, envelope.MachineId, envelope.Source, json, replays);
        }

        foreach (var follower in worked.Consumed.AsSpan()[1..])
        {
            Append(receivedAtMs, follower.MachineId, follower.Source, EventJson.ToBytes(follower.Event));
        }

        // Of an order nobody has heard anything of but what was set aside, there is nothing to keep.
        if (worked.Order.Envelopes.IsEmpty)
        {
            return;
        }

        var touched = Touch(key);
        touched.After = worked.Order;
        touched.HasEvents = true;
        touched.CreatedAtMs ??= receivedAtMs;
    }

    private void Append(long receivedAtMs, MachineId machineId, EventSource source, ReadOnlySpan<byte> json) =>
        writer.AppendLog(++Position, receivedAtMs, machineId, source, json);

    private void SetAside(string reason, long receivedAtMs, MachineId machineId, EventSource source, ReadOnlySpan<byte> json, int replays)
    {
        writer.SetAside(reason, Position, receivedAtMs, machineId, source, json, replays);
        Count(reason, replays);
    }

    private void Count(string reason, int replays) => (_setAside ??= []).Add((reason, replays > 0));

    private Order? Find(OrderKey key) => _touched.TryGetValue(key, out var touched) ? touched.After : Touch(key).After;

    private TouchedOrder Touch(OrderKey key)
    {
        if (!_touched.TryGetValue(key, out var touched))
        {
            var stored = _removed?.Contains(key) is true ? null : hot.Find(key) ?? writer.FindOrder(key);
            touched = new TouchedOrder { RowId = stored?.RowId ?? 0, Before = stored?.Order, After = stored?.Order };
            _touched.Add(key, touched);
        }

        return touched;
    }

    private void Write(OrderKey key, TouchedOrder touched)
    {
        if (!touched.IsChanged)
        {
            return;
        }

        var after = touched.After!;
        if (touched.RowId == 0)
        {
            NewestRow = touched.RowId = OrderRowId.Next(NewestRow, touched.CreatedAtMs!.Value);
            touched.Packed = writer.InsertOrder(new StoredOrder(touched.RowId, after));
        }
        else
        {
            touched.Packed = writer.UpdateOrder(new StoredOrder(touched.RowId, after));
        }

        foreach (var envelope in after.Envelopes)
        {
            if (envelope.Event.Body is OrderEvent.PaymentSucceeded paid && !IsKnown(touched.Before, envelope))
            {
                writer.AddPayment(paid.PaymentId, touched.RowId);
            }
        }

        if (touched.Before?.Status != after.Status && CouponUse.Of(after) is { } coupon)
        {
            if (!EmbeddedCoupons.Settle(writer.Database, key, coupon) && (touched.Before is null || CouponUse.Of(touched.Before) is not { Fate: CouponFate.Committed }))
            {
                (_lostCoupons ??= []).Add(key);
            }
        }

        var hadErrands = touched.Before is { Errands: not ProviderErrands.None };
        var hasErrands = after.Errands is not ProviderErrands.None;
        if (hadErrands != hasErrands)
        {
            writer.NoteErrands(touched.RowId, hasErrands);
        }

        if (KeepsFeed && touched.HasEvents)
        {
            writer.AddToFeed(touched.RowId);
        }
    }

    private static bool IsKnown(Order? before, Envelope envelope) => before is not null && before.Envelopes.Contains(envelope);

    private static void SetWake(Wakes wakes, OrderKey key, TouchedOrder touched)
    {
        var due = touched.After?.Due is { } moment ? Wakes.ToMs(moment) : (long?)null;

        // An order that was just woken and wants to be woken at once again would keep the loop busy for ever.
        if (due <= touched.WokenAtMs)
        {
            due = touched.WokenAtMs + 1_000;
        }

        wakes.Set(key, due);
    }
}
