using PaymentMonitor.Contracts;

namespace PaymentMonitor.Simulator;

/// <summary>
/// Holds what the fleet knows against what the back end shows. Lost is a receipted event or a settled payment that the order does
/// not show, a decision that did not reach the machine, and one that was due and not made. Doubled is a decision made twice, or
/// told in two ways. It knows no rule of the orders but what a customer would complain about.
/// </summary>
internal sealed class Verdict
{
    private readonly HashSet<string> _deadLetters;
    private readonly HashSet<string> _untold;
    private readonly DateTimeOffset _dueBefore;
    private readonly DateTimeOffset _readAt;
    private readonly List<string> _findings = [];

    private Verdict(IEnumerable<string> deadLetters, IEnumerable<string> untold, DateTimeOffset dueBefore, DateTimeOffset readAt)
    {
        _deadLetters = [.. deadLetters];
        _untold = [.. untold];
        _dueBefore = dueBefore;
        _readAt = readAt;
    }

    internal int Created { get; private set; }

    internal int Ended { get; private set; }

    internal int Open => Created - Ended;

    internal int Received { get; private set; }

    internal int SetAside { get; private set; }

    internal int Lost { get; private set; }

    internal int Doubled { get; private set; }

    /// <summary>One sentence for everything lost or doubled.</summary>
    internal IReadOnlyList<string> Findings => _findings;

    /// <param name="deadLetters">Ids of events that were set aside: their loss is visible, so it is none.</param>
    /// <param name="untold">Ids of payments that the provider could not tell yet.</param>
    /// <param name="dueBefore">What became known before this moment has had the time to be decided.</param>
    /// <param name="readAt">When reading the orders began: what reached a machine later may be missing in them.</param>
    internal static Verdict Of(
        IEnumerable<LedgerPage> ledgers,
        IEnumerable<StoredOrder> stored,
        IEnumerable<string> deadLetters,
        IEnumerable<string> untold,
        DateTimeOffset dueBefore,
        DateTimeOffset readAt)
    {
        var verdict = new Verdict(deadLetters, untold, dueBefore, readAt);
        var orders = stored.ToDictionary(order => (order.MachineId, order.OrderId));
        foreach (var ledger in ledgers)
        {
            verdict.Judge(ledger, orders.GetValueOrDefault((ledger.MachineId, ledger.OrderId)) ?? Nothing(ledger));
        }

        return verdict;
    }

    private static StoredOrder Nothing(LedgerPage ledger) => new(ledger.MachineId, ledger.OrderId, "", [], []);

    private void Judge(LedgerPage ledger, StoredOrder stored)
    {
        var accepted = ledger.Events.Where(e => e.Status == ReceiptStatus.Accepted).ToList();
        var created = accepted.Exists(e => e.Body is OrderEvent.Created);
        Created += created ? 1 : 0;
        Ended += created && stored.Status is "Completed" or "Closed" or "Refunded" or "Unresolved" ? 1 : 0;
        Received += ledger.Decisions.Count;
        JudgeEvents(ledger, accepted, stored);
        JudgeDeliveries(ledger, stored);
        JudgeDue(ledger, accepted.FindAll(e => e.ReceiptedAt < _dueBefore && !_deadLetters.Contains(e.Id.Value)), stored);
        JudgeDoubles(ledger, stored);
    }

    private void JudgeEvents(LedgerPage ledger, List<LedgerEvent> accepted, StoredOrder stored)
    {
        var shown = stored.Events.Select(e => e.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var e in accepted)
        {
            if (_deadLetters.Contains(e.Id.Value))
            {
                SetAside++;
            }
            else if (!shown.Contains(e.Id.Value))
            {
                Lose(ledger, $"the {e.Body.Type} {e.Id} was receipted and is not shown");
            }
        }

        var payments = stored.Events.Where(e => e.Type == EventTypes.PaymentSucceeded).Select(e => e.Data?.PaymentId).ToHashSet(StringComparer.Ordinal);
        foreach (var payment in Told(ledger))
        {
            if (!payments.Contains(payment.PaymentId.Value))
            {
                Lose(ledger, $"the provider's callback about the payment {payment.PaymentId} was taken and is not shown");
            }
        }
    }

    private void JudgeDeliveries(LedgerPage ledger, StoredOrder stored)
    {
        var made = stored.Decisions.ToDictionary(decision => decision.Version);
        var got = ledger.Decisions.ToLookup(copy => copy.Decision.Version);
        foreach (var decision in stored.Decisions)
        {
            if (!got.Contains(decision.Version))
            {
                Lose(ledger, $"the decision {decision.Version} ({decision.Kind}) did not reach the machine");
            }
        }

        foreach (var version in got)
        {
            if (!made.TryGetValue(version.Key, out var decision))
            {
                if (version.First() is { } early && early.ReceivedAt < _readAt)
                {
                    Lose(ledger, $"the decision {version.Key} ({early.Decision.Kind}) reached the machine and is not shown");
                }

                continue;
            }

            foreach (var copy in version.Where(copy => copy.Decision with { Trace = null } != decision with { Trace = null }))
            {
                Double(ledger, $"the decision {version.Key} is {decision.Kind} here and {copy.Decision.Kind} there, or differs otherwise");
            }

            for (var i = 1; i < version.Count(); i++)
            {
                Double(ledger, $"the decision {version.Key} ({decision.Kind}) was handed over twice");
            }
        }
    }

    private void JudgeDue(LedgerPage ledger, List<LedgerEvent> known, StoredOrder stored)
    {
        if (!known.Exists(e => e.Body is OrderEvent.Created))
        {
            return;
        }

        // Where the provider has the word, the machine's is a claim about the same payment.
        var taken = ledger.Terms.Channel == OrderPlan.Qr ? 0 : known.Count(e => e.Body is OrderEvent.PaymentSucceeded);
        var payments = taken + Told(ledger).Count(payment => payment.Time < _dueBefore);
        var shipped = known.Exists(e => e.Body is OrderEvent.ShipmentCompleted);
        var jammed = !shipped && known.Exists(e => e.Body is OrderEvent.ShipmentFailed);
        var allowed = Has(stored, DecisionKinds.ShipmentAllowed) || Has(stored, DecisionKinds.TradeCompleted);
        var closed = Has(stored, DecisionKinds.TradeClosed);
        if (payments > 0 && !allowed && !closed)
        {
            Lose(ledger, "it was paid, and nothing was decided");
        }

        if (shipped && payments > 0 && !Has(stored, DecisionKinds.TradeCompleted))
        {
            Lose(ledger, "it was paid and shipped, and is not completed");
        }

        if (payments == 0 && !closed && known.Exists(e => e.Body is OrderEvent.Cancelled))
        {
            Lose(ledger, "it was cancelled, and is not closed");
        }

        var refunds = stored.Decisions.Count(decision => decision.Kind == DecisionKinds.RefundDue);
        for (var missing = payments - (allowed && !jammed ? 1 : 0) - refunds; (allowed || closed) && missing > 0; missing--)
        {
            Lose(ledger, "a payment is neither kept nor given back");
        }
    }

    private void JudgeDoubles(LedgerPage ledger, StoredOrder stored)
    {
        var made = Doubles(stored.Decisions);
        var got = Doubles(ledger.Decisions.Select(copy => copy.Decision).DistinctBy(decision => decision.Version));
        foreach (var subject in made.Count >= got.Count ? made : got)
        {
            Double(ledger, $"{subject} was decided more than once");
        }
    }

    private static List<string> Doubles(IEnumerable<Decision> decisions)
    {
        return [.. decisions
            .GroupBy(decision => decision.Refund is { } refund ? $"{decision.Kind} of {refund.PaymentId}" : decision.Kind)
            .SelectMany(group => group.Skip(1).Select(_ => group.Key))];
    }

    private IEnumerable<LedgerPayment> Told(LedgerPage ledger) => ledger.Payments.Where(payment => !_untold.Contains(payment.PaymentId.Value));

    private static bool Has(StoredOrder stored, string kind) => stored.Decisions.Any(decision => decision.Kind == kind);

    private void Lose(LedgerPage ledger, string what)
    {
        Lost++;
        _findings.Add($"Lost: order {ledger.MachineId}/{ledger.OrderId}: {what}.");
    }

    private void Double(LedgerPage ledger, string what)
    {
        Doubled++;
        _findings.Add($"Doubled: order {ledger.MachineId}/{ledger.OrderId}: {what}.");
    }
}
