using PaymentMonitor.Contracts;

namespace PaymentMonitor.Simulator;

/// <summary>What the fleet itself knows of an order, to be held against what the back end shows in the end. Thread-safe.</summary>
internal sealed class OrderLedger(MachineId machineId, OrderId orderId, OrderEvent.Created terms)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<EventId, LedgerEvent> _events = [];
    private readonly List<LedgerPayment> _payments = [];
    private readonly List<LedgerDecision> _decisions = [];

    internal MachineId MachineId { get; } = machineId;

    internal OrderId OrderId { get; } = orderId;

    internal OrderEvent.Created Terms { get; } = terms;

    internal void Receipted(ReportedEvent reported, ReceiptStatus status, DateTimeOffset at)
    {
        lock (_lock)
        {
            _events.TryAdd(reported.Id, new LedgerEvent(reported.Id, reported.Body, status, at));
        }
    }

    internal void Paid(LedgerPayment payment)
    {
        lock (_lock)
        {
            _payments.Add(payment);
        }
    }

    internal void Decided(Decision decision, DateTimeOffset at)
    {
        lock (_lock)
        {
            _decisions.Add(new LedgerDecision(decision, at));
        }
    }

    /// <summary>The decision reached the machine before.</summary>
    internal bool Knows(Decision decision)
    {
        lock (_lock)
        {
            return _decisions.Exists(known => known.Decision.Version == decision.Version);
        }
    }

    internal LedgerPage Read()
    {
        lock (_lock)
        {
            return new LedgerPage(MachineId, OrderId, Terms, [.. _events.Values], [.. _payments], [.. _decisions]);
        }
    }
}

/// <summary>A ledger at one moment.</summary>
/// <param name="Payments">Those that the provider took; the machine's own are events.</param>
/// <param name="Decisions">As they came, on the machine.</param>
internal sealed record LedgerPage(
    MachineId MachineId,
    OrderId OrderId,
    OrderEvent.Created Terms,
    IReadOnlyList<LedgerEvent> Events,
    IReadOnlyList<LedgerPayment> Payments,
    IReadOnlyList<LedgerDecision> Decisions);

internal sealed record LedgerEvent(EventId Id, OrderEvent Body, ReceiptStatus Status, DateTimeOffset ReceiptedAt);

/// <param name="Time">When it happened, by the provider.</param>
internal sealed record LedgerPayment(PaymentId PaymentId, long Amount, DateTimeOffset Time);

internal sealed record LedgerDecision(Decision Decision, DateTimeOffset ReceivedAt);
