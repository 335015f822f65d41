using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// What a journal knows about one machine: the events without a receipt, and how far the decisions of its orders came. It is what
/// recovery reads, what the machine's client works on, and what cleaning copies forward. Whoever reads or changes it holds <see cref="Lock"/>.
/// </summary>
internal sealed class MachineLedger(MachineId machineId) : IKept
{
    internal MachineId MachineId { get; } = machineId;

    internal Lock Lock { get; } = new();

    internal Dictionary<string, MachineReport> Reports { get; } = new(StringComparer.Ordinal);

    internal Dictionary<OrderId, OrderProgress> Orders { get; } = [];

    /// <summary>The newest boot number that was used: the next is above it, whatever the clock says.</summary>
    internal long LastBoot { get; set; }

    /// <summary>The newest number that an earlier process has used, as far as the journal still knows.</summary>
    internal SeenUpTo? LastUsed { get; private set; }

    /// <summary>The place in the order of reporting that was given last.</summary>
    internal long LastNumber { get; set; }

    /// <summary>A client works on it.</summary>
    internal bool IsAttached { get; set; }

    /// <summary>The segment with the record of <see cref="LastBoot"/>.</summary>
    public long Segment { get; set; }

    /// <summary>Bytes of everything that is still needed.</summary>
    internal long LiveBytes => Reports.Values.Sum(report => (long)report.Bytes) + Orders.Values.Sum(order => order.Open.Sum(open => (long)open.Bytes));

    /// <summary>Takes in a record of an earlier process.</summary>
    internal void Apply(in JournalRecord record, long segment)
    {
        switch (record.Kind)
        {
            case RecordKind.Boot:
                Booted(record.Number, segment);
                break;
            case RecordKind.Report:
                Reported(record.ToReport(), record.Body.Length, segment);
                break;
            case RecordKind.Receipt:
                Reports.Remove(record.Text);
                break;
            case RecordKind.Decision:
                var decision = record.ToDecision();
                Order(decision.OrderId, segment).Keep(decision, record.Body.Length);
                break;
            case RecordKind.Order:
                var (orderId, marks) = record.ToOrder();
                Order(orderId, segment).Merge(marks);
                break;
        }
    }

    internal OrderProgress Order(OrderId orderId, long segment)
    {
        if (!Orders.TryGetValue(orderId, out var order))
        {
            order = new OrderProgress(orderId) { Segment = segment };
            Orders.Add(orderId, order);
        }

        return order;
    }

    /// <summary>A new client begins with what the last one left: its callers are gone, the events are not.</summary>
    internal void Renew()
    {
        foreach (var (id, report) in Reports.ToArray())
        {
            Reports[id] = new MachineReport(report.Event, report.Number) { Offline = true, Bytes = report.Bytes, Segment = report.Segment };
        }
    }

    internal void CopyForward(ForwardCopy copy)
    {
        lock (Lock)
        {
            if (LastBoot > 0 && copy.Takes(this))
            {
                JournalRecord.WriteNumber(copy.Bytes, RecordKind.Boot, MachineId.Value, LastBoot);
            }

            foreach (var report in Reports.Values)
            {
                if (copy.Takes(report))
                {
                    JournalRecord.WriteReport(copy.Bytes, copy.Json, MachineId.Value, report.Event);
                }
            }

            foreach (var order in Orders.Values)
            {
                if (order.IsNeeded && copy.Takes(order))
                {
                    order.Write(copy, MachineId);
                }
            }
        }
    }

    private void Booted(long boot, long segment)
    {
        if (boot > LastBoot)
        {
            LastBoot = boot;
            Segment = segment;
        }
    }

    private void Reported(ReportedEvent reported, int bytes, long segment)
    {
        Booted(reported.Boot ?? 0, segment);
        if (reported is { Boot: { } boot, Seq: { } seq } && (LastUsed is null || boot > LastUsed.Boot || (boot == LastUsed.Boot && seq > LastUsed.Seq)))
        {
            LastUsed = new SeenUpTo(boot, seq);
        }

        if (Orders.TryGetValue(reported.OrderId, out var order))
        {
            order.EndBy(reported.Body);
        }

        if (!Reports.ContainsKey(reported.Id.Value))
        {
            Reports.Add(reported.Id.Value, new MachineReport(reported, ++LastNumber) { Offline = true, Bytes = bytes, Segment = segment });
        }
    }
}
