using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>R2: one payment as all reports of it together tell it, grouped by payment id.</summary>
internal sealed class Payment
{
    private Envelope _report;
    private OrderEvent.PaymentSucceeded _word;
    private bool _onTime;
    private bool _blocked;

    public Payment(Envelope report, OrderEvent.PaymentSucceeded word, Facts facts)
    {
        (_report, _word) = (report, word);
        _onTime = facts.IsOnTime(report);
        _blocked = facts.IsBlocked(report);
    }

    public PaymentId Id => _word.PaymentId;

    public long Amount => _word.Amount;

    public Currency? Currency => _word.Currency;

    public DateTimeOffset Arrival => _report.ReceivedAt;

    public DateTimeOffset EventTime => _report.EventTime;

    public bool IsProvidersWord => _report.Source is EventSource.Provider;

    /// <summary>The money is back with the customer, whoever asked for that.</summary>
    public bool Returned { get; set; }

    public int RefundFailures { get; set; }

    /// <summary>When its <c>refund.due</c> was decided.</summary>
    public DateTimeOffset? RefundDueAt { get; set; }

    /// <summary>Nothing was decided about giving it back, and nobody gave it back.</summary>
    public bool IsFree => RefundDueAt is null && !Returned;

    public bool IsFull { get; private set; }

    public bool IsGood => IsFull && _onTime && !_blocked && IsFree;

    /// <summary>
    /// A further report of the same payment. The provider's word beats the machine's, then the earliest report stands; but a
    /// payment that one report shows to be on time, or to be before a cancel, stays so: what was allowed on that word was right.
    /// </summary>
    public void Hear(Envelope report, OrderEvent.PaymentSucceeded word, Facts facts)
    {
        _onTime |= facts.IsOnTime(report);
        _blocked &= facts.IsBlocked(report);
        if (Beats(report, _report))
            (_report, _word) = (report, word);
    }

    public void Measure(OrderEvent.Created? terms)
    {
        IsFull = terms is not null && Amount >= terms.Amount && (Currency is null || Currency == terms.Currency);
    }

    public bool IsBefore(Payment other)
    {
        var order = EventTime.CompareTo(other.EventTime);
        return order < 0 || (order == 0 && string.CompareOrdinal(Id.Value, other.Id.Value) < 0);
    }

    private static bool Beats(Envelope report, Envelope standing)
    {
        if (report.Source != standing.Source)
            return report.Source is EventSource.Provider;

        return Facts.IsEarlier(report, standing);
    }
}
