using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>One order's decisions on this machine. Guarded by its ledger's lock.</summary>
internal sealed class OrderProgress(OrderId orderId) : IKept
{
    internal OrderId OrderId { get; } = orderId;

    internal OrderMarks Marks { get; private set; }

    /// <summary>What something is left to do for, in the order of versions.</summary>
    internal List<OpenDecision> Open { get; } = [];

    /// <summary>Decisions that are on their way to the disk. While there are any, nothing may be confirmed: one of them may fail.</summary>
    internal int Underway { get; set; }

    /// <summary>The back end knows that this machine has everything up to this version.</summary>
    internal int Confirmed { get; set; }

    public long Segment { get; set; }

    /// <summary>False when a new process would do nothing else without it.</summary>
    internal bool IsNeeded => Open.Count > 0 || Confirmed < Marks.Kept;

    /// <summary>The version is here, or was.</summary>
    internal bool Has(int version) => Marks.HasEnded(version) || Open.Exists(open => open.Decision.Version == version);

    internal OpenDecision? Keep(Decision decision, int bytes)
    {
        Reach(decision.Version);
        if (Has(decision.Version))
        {
            return null;
        }

        var open = new OpenDecision(this, decision, bytes);
        var place = Open.FindLastIndex(other => other.Decision.Version < decision.Version) + 1;
        Open.Insert(place, open);
        return open;
    }

    /// <summary>The back end tells this one, and told all before it.</summary>
    internal void Reach(int version) => Marks = Marks with { Kept = Math.Max(Marks.Kept, version) };

    /// <summary>It did not get onto the disk after all; the back end will send it again.</summary>
    internal void Abandon(OpenDecision open)
    {
        Open.Remove(open);
        Marks = Marks with { Kept = Math.Min(Marks.Kept, open.Decision.Version - 1) };
    }

    internal void Start(OpenDecision open) => Marks = Marks.Start(open.Decision.Version, open.IsShipment);

    internal void End(OpenDecision open)
    {
        Open.Remove(open);
        Marks = Marks.End(open.Decision.Version);
    }

    /// <summary>What a machine reports about its shipment or a refund ends what it was told to do.</summary>
    /// <returns>What ended.</returns>
    internal OpenDecision? EndBy(OrderEvent reported)
    {
        var ended = reported switch
        {
            OrderEvent.ShipmentCompleted or OrderEvent.ShipmentFailed => Open.Find(open => open.IsShipment),
            OrderEvent.RefundCompleted refund => Open.Find(open => open.Decision.Refund?.PaymentId == refund.PaymentId),
            OrderEvent.RefundFailed refund => Open.Find(open => open.Decision.Refund?.PaymentId == refund.PaymentId),
            _ => null,
        };
        if (ended is not null)
        {
            End(ended);
        }

        return ended;
    }

    internal void Merge(OrderMarks marks)
    {
        Marks = Marks.Merge(marks);
        Open.RemoveAll(open => Marks.HasEnded(open.Decision.Version));
    }

    internal void Write(ForwardCopy copy, MachineId machineId)
    {
        foreach (var open in Open)
        {
            JournalRecord.WriteDecision(copy.Bytes, copy.Json, machineId.Value, open.Decision);
        }

        JournalRecord.WriteOrder(copy.Bytes, machineId.Value, OrderId, Marks);
    }
}

/// <summary>A decision that something is left to do for.</summary>
internal sealed class OpenDecision(OrderProgress order, Decision decision, int bytes)
{
    internal OrderProgress Order { get; } = order;

    internal Decision Decision { get; } = decision;

    internal int Bytes { get; } = bytes;

    /// <summary>An earlier client handed it over, and it was not done.</summary>
    internal bool WasHandedOver { get; set; }

    /// <summary>Its start is in the journal, and it was not handed over yet.</summary>
    internal bool IsStartedAhead { get; set; }

    internal bool IsShipment => Decision.Kind == DecisionKinds.ShipmentAllowed;
}
