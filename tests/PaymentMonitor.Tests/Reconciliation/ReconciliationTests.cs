using PaymentMonitor.Contracts;
using PaymentMonitor.Server;

namespace PaymentMonitor.Tests;

public sealed class ReconciliationTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset From = Noon.AddHours(-12);
    private static readonly DateTimeOffset To = Noon.AddHours(12);

    [Fact]
    public void What_agrees_is_no_difference()
    {
        var report = Compare(
            [Paid("p-1"), Paid("p-2"), Refunded("p-2")],
            [Order("o-1", "p-1"), Order("o-2", "p-2", refund: Refunding.Back)]);

        Assert.Empty(report.Differences);
        Assert.Equal((2, 1, 0), (report.Payments, report.Refunds, report.Unsettled));
    }

    [Fact]
    public void Every_planted_difference_is_found_by_its_kind_and_nothing_else()
    {
        var report = Compare(
            [
                Paid("good"),
                Paid("nobodys"),
                Paid("more") with { Amount = 300 },
                Paid("dollars") with { Currency = Currency.Parse("USD") },
                Paid("elsewhere") with { PaymentRef = PaymentReference.Parse("another") },
                Paid("twice"),
                Paid("twice"),
                Paid("unordered"),
                Refunded("unordered"),
                Paid("unnoted"),
                Refunded("unnoted"),
                Paid("unmade"),
                Paid("said"),
                Paid("partly"),
                Refunded("partly") with { Amount = 100 },
                Paid("doubly"),
                Refunded("doubly"),
                Refunded("doubly") with { RefundId = null },
                Refunded("from-nowhere"),
            ],
            [
                Order("o-01", "good"),
                Order("o-02", "more"),
                Order("o-03", "dollars"),
                Order("o-04", "elsewhere"),
                Order("o-05", "twice"),
                Order("o-06", "unordered"),
                Order("o-07", "unnoted", refund: Refunding.Due),
                Order("o-08", "unmade", refund: Refunding.Due),
                Order("o-09", "said", refund: Refunding.Back),
                Order("o-10", "partly", refund: Refunding.Back),
                Order("o-11", "doubly", refund: Refunding.Back),
                Order("o-12", "missing"),
            ]);

        Assert.Equal(
            [
                "amount-differs more m-1/o-02",
                "currency-differs dollars m-1/o-03",
                "paid-twice twice m-1/o-05",
                "payment-missing missing m-1/o-12",
                "reference-differs elsewhere m-1/o-04",
                "refund-amount-differs partly m-1/o-10",
                "refund-missing said m-1/o-09",
                "refund-missing unmade m-1/o-08",
                "refund-not-ordered from-nowhere ",
                "refund-not-ordered unordered m-1/o-06",
                "refund-not-recorded unnoted m-1/o-07",
                "refunded-twice doubly m-1/o-11",
                "unknown-payment nobodys ",
            ],
            report.Differences.Select(difference => $"{difference.Kind} {difference.PaymentId} {difference.Order}").Order(StringComparer.Ordinal));
        Assert.All(report.Differences, difference => Assert.Contains(difference.PaymentId.Value, difference.Sentence, StringComparison.Ordinal));
    }

    [Fact]
    public void What_may_be_under_way_is_not_judged()
    {
        var report = Compare(
            [Paid("just-paid", at: Noon.AddHours(2)), Paid("p-1"), Refunded("p-1", at: Noon.AddHours(2))],
            [Order("o-1", "p-1", refund: Refunding.Due), Order("o-2", "p-2", at: Noon.AddHours(2))],
            settledBefore: Noon.AddHours(1));

        Assert.Empty(report.Differences);
        Assert.Equal((1, 0, 2), (report.Payments, report.Refunds, report.Unsettled));
    }

    [Fact]
    public void What_lies_outside_the_statements_period_is_not_missed_in_it()
    {
        Assert.Empty(Compare([], [Order("o-1", "p-1", refund: Refunding.Back, at: From.AddTicks(-1))]).Differences);
        Assert.Empty(Compare([], [Order("o-1", "p-1", refund: Refunding.Back, at: To)]).Differences);
        Assert.Equal(["payment-missing", "refund-missing"], Compare([], [Order("o-1", "p-1", refund: Refunding.Back, at: From)]).Differences.Select(difference => difference.Kind));
    }

    [Fact]
    public void Cash_and_claims_are_none_of_the_providers_business()
    {
        var order = Order("o-1", "p-1");
        Assert.Empty(Compare([], [order with { Events = [.. order.Events.Select(e => e with { Source = EventSource.Machine })] }]).Differences);
    }

    [Fact]
    public void A_payment_without_a_currency_is_in_its_orders()
    {
        var order = Order("o-1", "p-1");
        var unnamed = order with { Events = [.. order.Events.Select(e => e.Type == EventTypes.PaymentSucceeded ? e with { Data = e.Data with { Currency = null } } : e)] };

        Assert.Empty(Compare([Paid("p-1")], [unnamed]).Differences);
        Assert.Equal("currency-differs", Assert.Single(Compare([Paid("p-1") with { Currency = Currency.Parse("USD") }], [unnamed]).Differences).Kind);
    }

    [Fact]
    public void A_statement_is_read_with_its_columns_in_any_order_and_quoted_fields()
    {
        using var text = new StringReader("""
            fee,currency,amount,paymentId,time,type,refundId,paymentRef,note
            3,EUR,250,p-1,2026-11-25T12:00:00Z,payment,,ref-1,"one, two"
            0,EUR,250,p-1,2026-11-25T13:00:00+01:00,refund,m-1:o-1:p-1,,
            """);

        var lines = StatementFile.Read(text);

        Assert.Equal([Paid("p-1") with { PaymentRef = PaymentReference.Parse("ref-1") }, Refunded("p-1") with { RefundId = "m-1:o-1:p-1" }], lines);
    }

    [Theory]
    [InlineData("type,time,paymentId,amount\npayment,2026-11-25T12:00:00Z,p-1,250", "no column 'currency'")]
    [InlineData("type,time,paymentId,amount,currency\nfee,2026-11-25T12:00:00Z,p-1,250,EUR", "Line 2 of the statement has the type 'fee'")]
    [InlineData("type,time,paymentId,amount,currency\npayment,yesterday,p-1,250,EUR", "the time 'yesterday'")]
    [InlineData("type,time,paymentId,amount,currency\npayment,2026-11-25T12:00:00Z,p 1,250,EUR", "the paymentId 'p 1'")]
    [InlineData("type,time,paymentId,amount,currency\npayment,2026-11-25T12:00:00Z,p-1,2.50,EUR", "the amount '2.50'")]
    [InlineData("type,time,paymentId,amount,currency\npayment,2026-11-25T12:00:00Z,p-1,-250,EUR", "the amount '-250'")]
    [InlineData("type,time,paymentId,amount,currency\npayment,2026-11-25T12:00:00Z,p-1,0,EUR", "the amount '0'")]
    [InlineData("type,time,paymentId,amount,currency\npayment,2026-11-25T12:00:00Z,p-1,99999999999999999999,EUR", "the amount '99999999999999999999'")]
    [InlineData("type,time,paymentId,amount,currency\npayment,2026-11-25T12:00:00Z,p-1,250,euro", "the currency 'euro'")]
    [InlineData("type,time,paymentId,amount,currency\npayment,2026-11-25T12:00:00Z,p-1", "same number of columns")]
    public void A_statement_that_cannot_be_read_is_refused_with_the_line(string csv, string why)
    {
        using var text = new StringReader(csv);

        Assert.Contains(why, Assert.Throws<StatementException>(() => StatementFile.Read(text)).Message, StringComparison.Ordinal);
    }

    private static ReconciliationReport Compare(StatementLine[] statement, RecordedOrder[] orders, DateTimeOffset? settledBefore = null) =>
        Reconciliation.Of(statement, orders, From, To, settledBefore ?? To);

    private static StatementLine Paid(string payment, DateTimeOffset? at = null) =>
        new(StatementKind.Payment, at ?? Noon, PaymentId.Parse(payment), null, null, 250, Currency.Parse("EUR"));

    private static StatementLine Refunded(string payment, DateTimeOffset? at = null) =>
        new(StatementKind.Refund, at ?? Noon, PaymentId.Parse(payment), null, "a-refund", 250, Currency.Parse("EUR"));

    private static RecordedOrder Order(string order, string payment, Refunding refund = Refunding.None, DateTimeOffset? at = null)
    {
        var (id, time, euro) = (PaymentId.Parse(payment), at ?? Noon, Currency.Parse("EUR"));
        RecordedEvent[] events =
        [
            new(EventTypes.OrderCreated, EventSource.Machine, time, new RecordedData(PaymentRef: PaymentReference.Parse("ref-" + payment), Amount: 250, Currency: euro)),
            new(EventTypes.PaymentSucceeded, EventSource.Provider, time, new RecordedData(id, Amount: 250, Currency: euro)),
            .. refund == Refunding.Back ? [new RecordedEvent(EventTypes.RefundCompleted, EventSource.Provider, time, new RecordedData(id))] : Array.Empty<RecordedEvent>(),
        ];
        var due = new Decision(OrderId.Parse(order), 1, DecisionKinds.RefundDue, "late", time, Refund: new RefundOrder($"m-1:{order}:{payment}", id, 250, euro));
        return new RecordedOrder("m-1", order, refund == Refunding.None ? [] : [due], events);
    }

    private enum Refunding
    {
        None,
        Due,
        Back,
    }
}
