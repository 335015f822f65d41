using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server;

/// <summary>
/// Compares a provider's statement with the orders. The statement's period is what it covers: what is recorded here within it must be
/// in it. Lines and refunds that are younger than a given moment may still be under way and are not judged.
/// </summary>
internal sealed class Reconciliation
{
    private readonly Dictionary<PaymentId, (RecordedOrder Order, RecordedEvent Payment)> _recorded = [];
    private readonly ILookup<PaymentId, StatementLine> _paid;
    private readonly ILookup<PaymentId, StatementLine> _refunded;
    private readonly IReadOnlyCollection<RecordedOrder> _orders;
    private readonly DateTimeOffset _settledBefore;
    private readonly List<Difference> _differences = [];

    private Reconciliation(IReadOnlyCollection<StatementLine> statement, IReadOnlyCollection<RecordedOrder> orders, DateTimeOffset settledBefore)
    {
        _orders = orders;
        _settledBefore = settledBefore;
        _paid = statement.Where(line => line.Kind == StatementKind.Payment).ToLookup(line => line.PaymentId);
        _refunded = statement.Where(line => line.Kind == StatementKind.Refund).ToLookup(line => line.PaymentId);
        foreach (var order in orders)
        {
            foreach (var payment in order.Payments)
            {
                _recorded.TryAdd(payment.Data.PaymentId!.Value, (order, payment));
            }
        }
    }

    /// <param name="from">The statement has everything from this moment on.</param>
    /// <param name="to">And until before this one.</param>
    internal static ReconciliationReport Of(
        IReadOnlyCollection<StatementLine> statement, IReadOnlyCollection<RecordedOrder> orders, DateTimeOffset from, DateTimeOffset to, DateTimeOffset settledBefore)
    {
        var reconciliation = new Reconciliation(statement, orders, settledBefore);
        reconciliation.JudgePayments();
        reconciliation.JudgeRefunds();
        reconciliation.JudgeOrders(from, to < settledBefore ? to : settledBefore);
        return new ReconciliationReport(
            statement.Count(line => line.Kind == StatementKind.Payment && line.Time < settledBefore),
            statement.Count(line => line.Kind == StatementKind.Refund && line.Time < settledBefore),
            statement.Count(line => line.Time >= settledBefore),
            reconciliation._differences);
    }

    private void JudgePayments()
    {
        foreach (var lines in _paid)
        {
            var line = lines.First();
            if (lines.Count() > 1)
            {
                Add(DifferenceKinds.PaidTwice, line, $"The payment {line.PaymentId} is {lines.Count()} times in the statement.");
            }

            if (!_recorded.TryGetValue(line.PaymentId, out var recorded))
            {
                if (line.Time < _settledBefore)
                {
                    Add(DifferenceKinds.UnknownPayment, line, $"{Money(line)} were paid at {line.Time:u} as {line.PaymentId}{Reference(line)}, and no order knows of it.");
                }

                continue;
            }

            JudgePayment(line, recorded.Order, recorded.Payment.Data);
        }
    }

    private void JudgePayment(StatementLine line, RecordedOrder order, RecordedData payment)
    {
        if (payment.Amount != line.Amount)
        {
            Add(DifferenceKinds.AmountDiffers, line, $"The payment {line.PaymentId} is {line.Amount} there and {payment.Amount} here, in minor units.");
        }

        if ((payment.Currency ?? order.Currency) is { } currency && currency != line.Currency)
        {
            Add(DifferenceKinds.CurrencyDiffers, line, $"The payment {line.PaymentId} is in {line.Currency} there and in {currency} here.");
        }

        if (line.PaymentRef is { } there && order.PaymentRef is { } here && there != here)
        {
            Add(DifferenceKinds.ReferenceDiffers, line, $"The payment {line.PaymentId} is for '{there}' there and for '{here}' here.");
        }
    }

    private void JudgeRefunds()
    {
        foreach (var lines in _refunded)
        {
            var line = lines.First();
            if (lines.Count() > 1)
            {
                Add(DifferenceKinds.RefundedTwice, line, $"The payment {line.PaymentId} was refunded {lines.Count()} times there.");
            }

            // A payment that no order knows was reported as such, if it is in the statement at all.
            if (!_recorded.TryGetValue(line.PaymentId, out var recorded))
            {
                if (!_paid.Contains(line.PaymentId) && line.Time < _settledBefore)
                {
                    Add(DifferenceKinds.RefundNotOrdered, line, $"{Money(line)} of the payment {line.PaymentId} were refunded at {line.Time:u}, and no order knows of it.");
                }

                continue;
            }

            JudgeRefund(line, recorded.Order);
        }
    }

    private void JudgeRefund(StatementLine line, RecordedOrder order)
    {
        if (order.Refunds.FirstOrDefault(refund => refund.Refund.PaymentId == line.PaymentId).Refund is not { } refund)
        {
            if (line.Time < _settledBefore)
            {
                Add(DifferenceKinds.RefundNotOrdered, line, $"{Money(line)} of the payment {line.PaymentId} were refunded at {line.Time:u}, and the order never wanted that.");
            }

            return;
        }

        if (refund.Amount != line.Amount)
        {
            Add(DifferenceKinds.RefundAmountDiffers, line, $"Of the payment {line.PaymentId}, {line.Amount} were refunded there and {refund.Amount} were ordered here, in minor units.");
        }

        if (!order.IsBack(line.PaymentId) && line.Time < _settledBefore)
        {
            Add(DifferenceKinds.RefundNotRecorded, line, $"The payment {line.PaymentId} was refunded at {line.Time:u}, and the order still waits for it.");
        }
    }

    private void JudgeOrders(DateTimeOffset from, DateTimeOffset to)
    {
        foreach (var order in _orders)
        {
            foreach (var payment in order.Payments.Where(payment => payment.EventTime >= from && payment.EventTime < to && !_paid.Contains(payment.Data.PaymentId!.Value)))
            {
                Add(DifferenceKinds.PaymentMissing, payment.Data.PaymentId!.Value, order, $"The payment {payment.Data.PaymentId} of {payment.Data.Amount} (minor units) is here since {payment.EventTime:u}, and not in the statement.");
            }

            foreach (var (refund, since) in order.Refunds.Where(refund => refund.DueSince >= from && refund.DueSince < to && !_refunded.Contains(refund.Refund.PaymentId)))
            {
                var claim = order.IsBack(refund.PaymentId) ? "is said here to be back" : "is ordered back";
                Add(DifferenceKinds.RefundMissing, refund.PaymentId, order, $"The payment {refund.PaymentId} of {Money(refund.Amount, refund.Currency)} {claim} since {since:u}, and not refunded in the statement.");
            }
        }
    }

    private void Add(string kind, StatementLine line, string sentence) =>
        Add(kind, line.PaymentId, _recorded.TryGetValue(line.PaymentId, out var recorded) ? recorded.Order : null, sentence);

    private void Add(string kind, PaymentId paymentId, RecordedOrder? order, string sentence) => _differences.Add(new Difference(kind, paymentId, order?.Name, sentence));

    private static string Money(StatementLine line) => Money(line.Amount, line.Currency);

    // As an event has it: how many of them a unit of the currency has is not known here.
    private static string Money(long amount, Currency currency) => $"{amount} {currency} (minor units)";

    private static string Reference(StatementLine line) => line.PaymentRef is { } reference ? $" for '{reference}'" : "";
}
